import { contradictionQueue } from '../../domain/queues/contradiction-queue';
import { describeFailure } from '../../platform/describe-failure';
import type { Logger } from '../../platform/logger';
import type { Database } from '../../store/database';
import { giveBackSides } from '../../store/give-back-sides';
import type { MigrationPlans } from '../../store/migration-plans';
import type { OutageJournal } from './outage-journal';

/** What gives back, and to whom. */
export interface GivingBack {
  journal: OutageJournal;
  db: Database;
  plans: MigrationPlans;
  logger: Logger;
}

/**
 * Writes down in Postgres what a journal holds, and forgets it there. An answer that Postgres will never take (its migration is gone, say) is
 * set aside beside the journal, so that it keeps none of the others, nor the process, waiting.
 * @throws the database's own error where it may take them later; or the system's, where the journal cannot be written
 */
export async function giveBack({ journal, db, plans, logger }: GivingBack): Promise<void> {
  const answers = await journal.all();
  const migrations = [...new Set(answers.map(({ migration }) => migration))];
  const stored = new Map(await Promise.all(migrations.map(async (id) => [id, await plans.byId(db, id)] as const)));
  const { refused, ...given } = await giveBackSides(db, answers, (migration, phase) =>
    contradictionQueue(stored.get(migration), phase),
  );
  if (refused.length > 0) await journal.setAside(refused.map(({ answer }) => answer));
  await journal.clear();
  if (answers.length > 0) logger.warn({ ...given }, 'sides that were answered during an outage are written down');
  if (refused.length > 0) {
    const [first] = refused;
    const why = first?.because === undefined ? {} : { failure: describeFailure(first.because) };
    logger.error({ setAside: refused.length, ...why }, 'Postgres does not take some of them: they are set aside');
  }
}
