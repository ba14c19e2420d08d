import type { Plan } from '../domain/plan/plan-schema';
import type { Milliseconds } from '../domain/time/duration';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import type { Database } from '../store/database';
import { databaseNow } from '../store/database-clock';
import { tellCases } from '../store/exception-tellings';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';

export interface CaseTellerOptions {
  db: Database;
  planOf: (hash: string) => Promise<Plan>;
  logger: Logger;
  lookEvery?: Milliseconds;
  gather?: Milliseconds;
  again?: Milliseconds;
  now?: () => Promise<Date>;
}

const LOOK_EVERY: Milliseconds = 1_000;
/** The first case of an outage waits so long for the others, so that the page that it makes says how many there are. */
const GATHER: Milliseconds = 15_000;
/** A team hears of the same thing so often at most. */
const AGAIN: Milliseconds = 10 * 60_000;

/** R30: puts what clocks did into notices, an outage into one with a count, while somebody of the team is there. Any number of workers may do it. */
export function startCaseTeller(options: CaseTellerOptions): Repeating {
  const { db, planOf, logger, lookEvery = LOOK_EVERY, gather = GATHER, again = AGAIN } = options;
  const now = options.now ?? (() => databaseNow(db));
  return repeatUntilStopped(
    async () => {
      await tellCases(db, { planOf, now, gather, again });
      return lookEvery;
    },
    (error) => {
      logger.error({ failure: describeFailure(error) }, 'teams could not be told of cases; trying again');
    },
  );
}
