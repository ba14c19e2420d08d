import { calendarOf } from '../../domain/calendar/calendar-of';
import { openingAfter } from '../../domain/calendar/next-opening';
import { plannedTime, realTime } from '../../domain/calendar/planned-time';
import { DomainError } from '../../domain/domain-error';
import type { Database } from '../../store/database';
import { databaseNow } from '../../store/database-clock';
import { getMigration } from '../../store/migration-records';
import type { PhaseActivities } from '../phase-activities';
import { PlanNotStored, type PlanReader } from '../plan-reader';

/** A calendar whose every open hour is on a closed day, for as long as it declares any. */
class CalendarNeverOpens extends DomainError {
  readonly code = 'calendar-never-opens';
  readonly status = 500;

  constructor(calendar: string) {
    super(`The calendar ${calendar} never opens again. Propose a version of the plan whose calendar does.`);
  }
}

/** R48: a calendar is read by the migration's own time, so that a rehearsal that runs faster has its nights too. */
export function findOpening(db: Database, plans: PlanReader): Pick<PhaseActivities, 'findOpening'> {
  return {
    async findOpening({ migration, phase, planHash }) {
      const calendar = calendarOf(await plans.plan(planHash), phase);
      if (calendar === undefined) return { opensAt: null, closesAt: null };
      const clock = await getMigration(db, migration);
      if (clock === undefined) throw new PlanNotStored();
      const now = plannedTime(clock, await databaseNow(db));
      const opening = openingAfter(calendar, now);
      if (opening === undefined) throw new CalendarNeverOpens(calendar.id);
      const closesAt = realTime(clock, opening.end).toISOString();
      return { opensAt: opening.start <= now ? null : realTime(clock, opening.start).toISOString(), closesAt };
    },
  };
}
