import type { Notifier } from '../activities/notify/notifier';
import type { LimboProcess } from '../domain/status/process-standing';
import type { Milliseconds } from '../domain/time/duration';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import type { Database } from '../store/database';
import { liveMigrations } from '../store/migration-records';
import { processesInLimbo } from '../store/process-standings';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';

const LOOK_EVERY: Milliseconds = 5_000;
/** A process that is restarted is back by then. */
const PAGED_AFTER: Milliseconds = 60_000;

export interface LimboTellerOptions {
  db: Database;
  notifier: Notifier;
  logger: Logger;
  lookEvery?: Milliseconds;
}

/**
 * Pages people when an API process has been in limbo for a minute, since nobody new goes to target meanwhile: once a live migration and each
 * time that it gets there. Any number of workers may do it: a notice is told once.
 */
export function startLimboTeller({ db, notifier, logger, lookEvery = LOOK_EVERY }: LimboTellerOptions): Repeating {
  let told = new Set<string>();
  return repeatUntilStopped(
    async () => {
      const before = told;
      told = new Set();
      const limbo = await processesInLimbo(db, PAGED_AFTER);
      const live = limbo.length === 0 ? [] : await liveMigrations(db);
      for (const process of limbo) {
        for (const { id: migration } of live) {
          const onceKey = `limbo/${process.process}/${process.since}`;
          if (!before.has(`${migration} ${onceKey}`)) {
            await notifier.send({
              ...{ onceKey, migration, phase: null, cohort: null },
              ...{ kind: 'processInLimbo', urgency: 'page', message: messageOf(process) },
            });
          }
          told.add(`${migration} ${onceKey}`);
        }
      }
      return lookEvery;
    },
    (error) => {
      logger.error({ failure: describeFailure(error) }, 'people could not be told of a process in limbo; trying again');
    },
  );
}

function messageOf({ process, name, since }: LimboProcess): string {
  return (
    `The API process ${process} (${name}) has not been heard of since ${since} and may be answering on its own: nobody new goes to target. ` +
    `Start it again with its journal, or, where it is gone for good: handoff processes declare-dead ${process} --reason '…'`
  );
}
