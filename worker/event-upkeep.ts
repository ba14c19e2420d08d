import type { Milliseconds } from '../domain/time/duration';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import { ArchiveFolder } from '../store/archive-folder';
import { archiveMonth, makeEventPartitions, monthsThatAreOver, type EventMonth } from '../store/archive-events';
import type { Database } from '../store/database';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';

export interface EventUpkeepOptions {
  db: Database;
  logger: Logger;
  /** Where months of events are archived; without it, none is. */
  archiveFolder?: string;
  every?: Milliseconds;
}

const MONTHS_AHEAD = 3;
const EVERY: Milliseconds = 10 * 60_000;

/**
 * Makes the partitions that events of the coming months go to, and archives those of months that no plan keeps any longer. Any number of workers may run
 * one. Nothing it meets ends it: it logs, and tries again.
 */
export function startEventUpkeep({ db, logger, archiveFolder, every = EVERY }: EventUpkeepOptions): Repeating {
  const folder = archiveFolder === undefined ? undefined : new ArchiveFolder(archiveFolder);
  /** Said once, not at each look. */
  const said = new Map<string, string>();
  /** Whatever one month meets is no other's: it is tried again at the next look. */
  const archive = async (into: ArchiveFolder, month: EventMonth): Promise<void> => {
    try {
      const outcome = await archiveMonth(db, into, month);
      if (outcome?.kind === 'archived') {
        const { partition, file, events, sha256 } = outcome.month;
        logger.info({ partition, file, events, sha256 }, 'a month of events was archived and let go of');
      } else if (outcome?.kind === 'kept' && said.get(month.partition) !== outcome.because) {
        const { migration, because } = outcome;
        logger.info({ partition: month.partition, migration, because }, 'a month of events is kept');
        said.set(month.partition, because);
      }
    } catch (error) {
      const { partition } = month;
      logger.error({ partition, failure: describeFailure(error) }, 'a month of events was not archived; trying again');
    }
  };
  return repeatUntilStopped(
    async () => {
      const made = await makeEventPartitions(db, MONTHS_AHEAD);
      if (made.length > 0) logger.info({ partitions: made }, 'partitions for events of months to come were made');
      if (folder !== undefined) for (const month of await monthsThatAreOver(db)) await archive(folder, month);
      return every;
    },
    (error) => {
      logger.error({ failure: describeFailure(error) }, 'events could not be put in order by month; trying again');
    },
  );
}
