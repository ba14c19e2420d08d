import { DateTime } from 'luxon';
import type { PlanCalendar } from '../plan/plan-schema';
import { WEEKDAYS } from '../plan/schema/values';

/** Days that are looked through past the last declared holiday: of any month, at least half is open to some weekday. */
const LOOK_AHEAD = 62;

/**
 * R48: the first instant, `from` itself included, at which a calendar is open; undefined where it never opens again. Hours are those of the
 * calendar's zone, summer time included. Hours over midnight belong to the day on which they begin, and end where a closed day
 * begins. An hour that the clock skips begins when it has skipped it.
 */
export function nextOpening(calendar: PlanCalendar, from: Date): Date | undefined {
  const now = DateTime.fromJSDate(from, { zone: calendar.timeZone });
  const yesterday = now.startOf('day').minus({ days: 1 });
  const last = lastDeclared(calendar, now).plus({ days: LOOK_AHEAD });
  for (let day = yesterday; day <= last; day = day.plus({ days: 1 })) {
    const opening = firstOf(calendar, day, now);
    if (opening !== undefined) return opening.toJSDate();
  }
  return undefined;
}

/** The first instant of the hours that begin on this day that is not before `now`. */
function firstOf(calendar: PlanCalendar, day: DateTime, now: DateTime): DateTime | undefined {
  if (isClosed(calendar, day)) return undefined;
  const weekday = WEEKDAYS[day.weekday - 1];
  return calendar.open
    .filter(({ days }) => days.some((open) => open === weekday))
    .map((hours) => spanOn(calendar, day, hours))
    .filter(({ start, end }) => start < end && end > now)
    .map(({ start }) => (start > now ? start : now))
    .reduce<DateTime | undefined>((first, start) => (first === undefined || start < first ? start : first), undefined);
}

function spanOn(
  calendar: PlanCalendar,
  day: DateTime,
  { from, to }: { from: string; to: string },
): { start: DateTime; end: DateTime } {
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

/** The last day that is declared closed, or today where that is later. */
function lastDeclared({ closed = [], timeZone }: PlanCalendar, now: DateTime): DateTime {
  const ends = closed.flatMap((one) => ('to' in one ? [DateTime.fromISO(one.to, { zone: timeZone })] : []));
  return DateTime.max(now.startOf('day'), ...ends);
}
