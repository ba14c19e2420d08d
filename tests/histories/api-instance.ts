import type { Evaluation } from '../../api/decisions/evaluate-flag';
import { findFlag } from '../../api/decisions/find-flag';
import { OutageJournal } from '../../api/sides/outage-journal';
import { ProcessSides } from '../../api/sides/process-sides';
import { createLogger } from '../../platform/logger';
import { Database } from '../../store/database';
import { MigrationPlans } from '../../store/migration-plans';

/** The keys and attributes of a question. */
export type Context = { targetingKey: string } & Record<string, string>;

/** What answers sides in an API process, in this process, asked as its HTTP handler asks it. */
export interface ApiInstance {
  /** By its journal. */
  id: string;
  /** @throws what the handler would answer as an error */
  ask(flag: string, context: Context): Promise<Evaluation>;
  /** Lets so many milliseconds have passed for it, as for a machine that was suspended. */
  skip(ms: number): void;
  /** Whether it answers on its own, out of reach of Postgres. */
  isAway(): boolean;
  /** Whether it may answer from memory at present. */
  holdsRight(): boolean;
  /** Whether it answers by Postgres, and all that it answered without is written down. */
  owesNothing(): boolean;
  stop(): Promise<void>;
}

export interface InstanceOptions {
  databaseUrl: string;
  journalFolder: string;
  /** How long its right to answer from memory lasts, in milliseconds. */
  lease: number;
  /** Whether it is told of changes at once, or only looks for them by itself. */
  listens: boolean;
}

/** How long it waits for Postgres where nobody says that it is gone, in milliseconds. */
const PATIENCE = 500;

export async function openInstance(options: InstanceOptions): Promise<ApiInstance> {
  const { databaseUrl: url, journalFolder, lease, listens } = options;
  const journal = await OutageJournal.open(journalFolder);
  const quiet = { onIdleError: () => undefined };
  const db = Database.connect({ url, applicationName: 'places', connections: 2, ...quiet });
  const rightDb = Database.connect({ url, applicationName: 'right', connections: 1, patience: PATIENCE, ...quiet });
  const plans = new MigrationPlans({ now: () => new Date() });
  let skipped = 0;
  const sides = ProcessSides.start({
    ...{
      db,
      rightDb,
      databaseUrl: listens ? url : undefined,
      plans,
      journal,
      lease,
      name: 'history',
      capacity: 100_000,
    },
    logger: createLogger('api', 'silent'),
    elapsed: () => performance.now() + skipped,
  });
  let stopped: Promise<unknown> | undefined;
  const stop = async (): Promise<void> => {
    await sides.stop();
    await Promise.all([db.close(), rightDb.close()]);
  };
  return {
    id: journal.id,
    ask: async (key, { targetingKey, ...attributes }) => {
      const flag = sides.flag(key) ?? (await findFlag(db, plans, key));
      const evaluation = await sides.evaluate(flag, { targetingKey, attributes });
      if (evaluation === undefined) throw new Error('The context named no unit.');
      return evaluation;
    },
    skip: (ms) => {
      skipped += ms;
    },
    isAway: () => sides.figures.away,
    holdsRight: () => sides.figures.right,
    owesNothing: () => !sides.figures.away && sides.figures.owed === 0,
    stop: async () => {
      await (stopped ??= stop());
    },
  };
}
