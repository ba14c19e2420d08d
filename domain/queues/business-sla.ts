import { businessDeadline, shareOfOpenTime } from '../calendar/business-deadline';
import { plannedTime, realTime, type PlannedClock } from '../calendar/planned-time';
import type { Plan, PlanCalendar, PlanQueue } from '../plan/plan-schema';
import { WARNED_AT } from './sla-clock';

/** The SLA of a queue in business time, which a migration that runs faster reads by its planned time. */
export interface BusinessSla {
  calendar: PlanCalendar;
  /** `24bh` or `2bd`. */
  amount: string;
  clock: PlannedClock;
}

/** undefined where the queue's SLA goes by the clock. */
export function businessSla(
  { businessTime }: Pick<PlanQueue, 'businessTime'>,
  { calendars = [] }: Pick<Plan, 'calendars'>,
  clock: PlannedClock,
): BusinessSla | undefined {
  const calendar = calendars.find(({ id }) => id === businessTime?.calendar);
  return businessTime === undefined || calendar === undefined
    ? undefined
    : { calendar, amount: businessTime.within, clock };
}

/** When a case is due whose time began then; undefined where the calendar does not open for so long, and 'sla' counts. */
export function businessDue({ calendar, amount, clock }: BusinessSla, startedAt: Date): Date | undefined {
  const over = businessDeadline(calendar, plannedTime(clock, startedAt).getTime(), amount);
  return Number.isFinite(over) ? realTime(clock, new Date(over)) : undefined;
}

/** When the owner of a case is warned: a quarter of its open time is left then. */
export function businessWarning({ calendar, clock }: BusinessSla, startedAt: Date, dueAt: Date): Date {
  const [from, until] = [plannedTime(clock, startedAt).getTime(), plannedTime(clock, dueAt).getTime()];
  return realTime(clock, new Date(shareOfOpenTime(calendar, from, until, WARNED_AT)));
}
