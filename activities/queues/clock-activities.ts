import type { Plan } from '../../domain/plan/plan-schema';
import type { Database } from '../../store/database';
import { advanceClock, type ClockStanding, type ExceptionKey } from '../../store/exception-clocks';

/** What the SLA clock of a case asks of the world. */
export interface ClockActivities {
  /** Does what the case's clock has to have done by now, each thing once and in order, and says when to look next. May be repeated. */
  advanceExceptionClock(of: ExceptionKey): Promise<ClockStanding>;
}

export interface ClockParts {
  db: Database;
  planOf: (hash: string) => Promise<Plan>;
  /** The database's clock. */
  now: () => Promise<Date>;
}

export function clockActivities({ db, planOf, now }: ClockParts): ClockActivities {
  return { advanceExceptionClock: (of) => advanceClock(db, of, { now, planOf }) };
}
