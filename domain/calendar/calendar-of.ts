import type { Plan, PlanCalendar } from '../plan/plan-schema';

/** The calendar that a phase advances by: its own, or the plan's. Undefined where it advances at any hour. */
export function calendarOf(
  { phases, advance, calendars }: Pick<Plan, 'phases' | 'advance' | 'calendars'>,
  phase: string,
): PlanCalendar | undefined {
  const name = phases.find(({ id }) => id === phase)?.calendar ?? advance?.calendar;
  return calendars?.find(({ id }) => id === name);
}
