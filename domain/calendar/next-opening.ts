import { DateTime } from 'luxon';
import type { PlanCalendar } from '../plan/plan-schema';
import { WEEKDAYS } from '../plan/schema/values';

/** Days outside of declared holidays that are looked through: of any month, at least half is open to some weekday. */
const LOOK_AHEAD = 62;

/** A time in which a calendar is open without a break. The end is no more in it. */
export interface Opening {
  start: Date;
  end: Date;
}

/**
 * R48: the first instant, `from` itself included, at which a calendar is open; undefined where it never opens again. Hours are those of the
 * calendar's zone, summer time included. Hours over midnight belong to the day on which they begin, and end where a closed day
 * begins. A time that the clock skips is taken for the one an hour later.
 */
export function nextOpening(calendar: PlanCalendar, from: Date): Date | undefined {
  return openingAfter(calendar, from)?.start;
}

/** The same, with when it closes. Hours that follow on one another are an opening each. */
export function openingAfter(calendar: PlanCalendar, from: Date): Opening | undefined {
  const now = DateTime.fromJSDate(from, { zone: calendar.timeZone });
  let day = now.startOf('day').minus({ days: 1 });
  for (let looked = 0; looked < LOOK_AHEAD; looked += 1) {
    const opening = firstOf(calendar, day, now);
    if (opening !== undefined) return { start: opening.start.toJSDate(), end: opening.end.toJSDate() };
    // Over what is closed until further notice in one step, however far that is.
    const until = closedUntil(calendar, day);
    day = (until ?? day).plus({ days: 1 });
  }
  return undefined;
}

/** The first instant of the hours that begin on this day that is not before `now`. */
function firstOf(calendar: PlanCalendar, day: DateTime, now: DateTime): Span | undefined {
  if (isClosed(calendar, day)) return undefined;
  const weekday = WEEKDAYS[day.weekday - 1];
  return calendar.open
    .filter(({ days }) => days.some((open) => open === weekday))
    .map((hours) => spanOn(calendar, day, hours))
    .filter(({ start, end }) => start < end && end > now)
    .map(({ start, end }) => ({ start: start > now ? start : now, end }))
    .reduce<Span | undefined>(
      (first, span) =>
        first === undefined || span.start < first.start || (+span.start === +first.start && span.end > first.end)
          ? span
          : first,
      undefined,
    );
}

interface Span {
  start: DateTime;
  end: DateTime;
}

function spanOn(calendar: PlanCalendar, day: DateTime, { from, to }: { from: string; to: string }): Span {
  const start = at(day, from);
  if (to > from) return { start, end: at(day, to) };
  const nextDay = day.plus({ days: 1 });
  return { start, end: isClosed(calendar, nextDay) ? nextDay : at(nextDay, to) };
}

function at(day: DateTime, time: string): DateTime {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return day.set({ hour, minute });
}

function isClosed({ closed = [] }: PlanCalendar, day: DateTime): boolean {
  const date = day.toISODate() ?? '';
  return closed.some((one) =>
    'lastDaysOfMonth' in one
      ? day.day > (day.daysInMonth ?? 31) - one.lastDaysOfMonth
      : one.from <= date && date <= one.to,
  );
}

/** The last day of the declared days that this one is of; undefined where it is of none. */
function closedUntil({ closed = [], timeZone }: PlanCalendar, day: DateTime): DateTime | undefined {
  const date = day.toISODate() ?? '';
  const ends = closed.flatMap((one) => ('to' in one && one.from <= date && date <= one.to ? [one.to] : []));
  const [last] = ends.sort().reverse();
  return last === undefined ? undefined : DateTime.fromISO(last, { zone: timeZone });
}
