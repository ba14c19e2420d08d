import { DateTime } from 'luxon';
import type { PlanCalendar } from '../plan/plan-schema';
import { WEEKDAYS } from '../plan/schema/values';

const DAY = 86_400_000;

/** Days that are looked through between two declared closures, or after the last: of any month, at least half is open to some weekday. */
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
  const opening = firstDay(calendar, now.startOf('day').minus({ days: 1 }), (day) => firstOf(calendar, day, now));
  return opening === undefined ? undefined : { start: opening.start.toJSDate(), end: opening.end.toJSDate() };
}

/**
 * The end of the first day after this one that is open: of the last hours that begin on it, which may be after midnight. undefined
 * where no day opens again.
 * @param day any instant of the day, in the calendar's zone
 */
export function nextDayEnd(calendar: PlanCalendar, day: DateTime): { day: DateTime; end: Date } | undefined {
  return firstDay(calendar, day.startOf('day').plus({ days: 1 }), (one) => {
    const ends = spansOn(calendar, one).map(({ end }) => end.toMillis());
    return ends.length === 0 ? undefined : { day: one, end: new Date(Math.max(...ends)) };
  });
}

/** What is found first, day by day from this one on. */
function firstDay<Found>(
  calendar: PlanCalendar,
  from: DateTime,
  find: (day: DateTime) => Found | undefined,
): Found | undefined {
  const closures = closuresOf(calendar);
  let day = from;
  // Ends: each closure is stepped over once at most, however far it reaches, and few days are looked at from one to the next.
  for (let looked = 0; looked < LOOK_AHEAD;) {
    const found = find(day);
    if (found !== undefined) return found;
    const until = closedUntil(closures, day);
    looked = until === undefined ? looked + 1 : 0;
    day = (until ?? day).plus({ days: 1 });
  }
  return undefined;
}

/** The hours that begin on this day. */
function spansOn(calendar: PlanCalendar, day: DateTime): Span[] {
  if (isClosed(calendar, day)) return [];
  const weekday = WEEKDAYS[day.weekday - 1];
  return calendar.open
    .filter(({ days }) => days.some((open) => open === weekday))
    .map((hours) => spanOn(calendar, day, hours))
    .filter(({ start, end }) => start < end);
}

/** The first instant of the hours that begin on this day that is not before `now`. */
function firstOf(calendar: PlanCalendar, day: DateTime, now: DateTime): Span | undefined {
  return spansOn(calendar, day)
    .filter(({ end }) => end > now)
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

interface Closure {
  from: string;
  to: string;
}

/** The declared days in order; those that overlap or follow on one another are one. */
function closuresOf({ closed = [] }: PlanCalendar): Closure[] {
  const declared = closed.flatMap((one) => ('to' in one && one.from <= one.to ? [{ from: one.from, to: one.to }] : []));
  const closures: Closure[] = [];
  for (const next of declared.sort((one, other) => Date.parse(one.from) - Date.parse(other.from))) {
    const last = closures.at(-1);
    if (last === undefined || Date.parse(next.from) > Date.parse(last.to) + DAY) closures.push(next);
    else if (next.to > last.to) last.to = next.to;
  }
  return closures;
}

/** The last day of the closure that this day is in; undefined where it is in none. */
function closedUntil(closures: readonly Closure[], day: DateTime): DateTime | undefined {
  const date = day.toISODate() ?? '';
  const closure = closures.find(({ from, to }) => from <= date && date <= to);
  return closure === undefined ? undefined : DateTime.fromISO(closure.to, { zone: day.zone });
}
