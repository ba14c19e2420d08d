import { calendarOf } from '../../calendar/calendar-of';
import { nextOpening } from '../../calendar/next-opening';
import type { Plan, PlanPhase } from '../plan-schema';

/** The first instant, the given one included, at which something may go on; null where it never may, or the given one is null. */
export type Opening = (from: Date | null) => Date | null;

/** When a phase may go on: by its own calendar, else by the plan's; at any hour where neither has one. */
export function openingOf(plan: Plan, phase: PlanPhase): Opening {
  const calendar = calendarOf(plan, phase.id);
  if (calendar === undefined) return (from) => from;
  return (from) => (from === null ? null : (nextOpening(calendar, from) ?? null));
}

/** The zone in which the plan's days are counted. */
export function zoneOf(plan: Plan): string {
  const advance = plan.calendars?.find(({ id }) => id === plan.advance?.calendar);
  const calendars = plan.phases.flatMap(({ id }) => calendarOf(plan, id) ?? []);
  return (advance ?? calendars[0])?.timeZone ?? 'UTC';
}

/** A moment later; null where there is none. @param by milliseconds; Infinity is never */
export function later(from: Date | null, by: number): Date | null {
  if (from === null || !Number.isFinite(by)) return null;
  const at = new Date(from.getTime() + by);
  // A date that no calendar has is none.
  return Number.isNaN(at.getTime()) ? null : at;
}

/** The last of some moments; null where one of them is, or there are none. */
export function latest(moments: readonly (Date | null)[]): Date | null {
  return (
    moments.reduce<Date | null | undefined>((last, moment) => {
      if (last === undefined) return moment;
      return last === null || moment === null ? null : moment > last ? moment : last;
    }, undefined) ?? null
  );
}
