import { DateTime } from 'luxon';
import type { PlanCalendar } from '../plan/plan-schema';
import type { Milliseconds } from '../time/duration';
import { nextDayEnd, openingAfter } from './next-opening';

const HOUR: Milliseconds = 3_600_000;

/** How far a promise reaches at most, so that a calendar of a minute a week is not walked through for ever. */
const FARTHEST: Milliseconds = 3_660 * 24 * HOUR;

/** A time in which a clock stands still, in milliseconds since 1970. At `until` it runs again. */
export interface Stop {
  from: number;
  until: number;
}

/**
 * When business time is over: `24bh` after so many hours in which the calendar is open, `2bd` at the end of the second open day after
 * the one of `from`, whatever hour that was. Hours and days are those of the calendar's zone; holidays, freezes and month ends
 * ('closed') count for nothing, and an hour that summer time skips or repeats counts as long as it lasts.
 *
 * While it is stopped no hour counts, and no day that ends meanwhile. It is never over before the last stop is.
 *
 * All in milliseconds since 1970, on the calendar's own clock: a compressed migration asks by its planned time
 * ({@link plannedTime}) and takes the answer back by {@link realTime}.
 *
 * @param stops in order, none overlapping another
 * @returns Infinity where the calendar does not open for long enough within ten years
 */
export function businessDeadline(
  calendar: PlanCalendar,
  from: number,
  amount: string,
  stops: readonly Stop[] = [],
): number {
  const count = Number.parseInt(amount, 10);
  const over = amount.endsWith('bd')
    ? daysOver(calendar, from, count, stops)
    : hoursOver(calendar, from, count * HOUR, stops);
  return Math.max(over, stops.at(-1)?.until ?? from);
}

/**
 * When this share of the open hours between two times is over; of the time by the clock where the calendar is not open between them.
 * @param share 0 to 1
 */
export function shareOfOpenTime(calendar: PlanCalendar, from: number, until: number, share: number): number {
  const open: Stop[] = [];
  for (const opening of openings(calendar, from)) {
    if (opening.from >= until) break;
    const running = { from: Math.max(opening.from, from), until: Math.min(opening.until, until) };
    if (running.from < running.until) open.push(running);
  }
  let left = open.reduce((sum, one) => sum + one.until - one.from, 0) * share;
  for (const running of open) {
    const length = running.until - running.from;
    if (left <= length) return running.from + left;
    left -= length;
  }
  return from + Math.max(0, until - from) * share;
}

/** {@link businessDeadline} of plain time. */
export function plainDeadline(from: number, amount: Milliseconds, stops: readonly Stop[] = []): number {
  let over = from + amount;
  for (const stop of stops) if (stop.from <= over) over += stop.until - stop.from;
  return over;
}

function hoursOver(calendar: PlanCalendar, from: number, amount: Milliseconds, stops: readonly Stop[]): number {
  let left = amount;
  for (const opening of openings(calendar, from)) {
    for (const running of outside(opening, stops)) {
      const length = running.until - running.from;
      if (left <= length) return running.from + left;
      left -= length;
    }
  }
  return Infinity;
}

function daysOver(calendar: PlanCalendar, from: number, count: number, stops: readonly Stop[]): number {
  let left = count;
  for (const end of dayEnds(calendar, from)) {
    if (stops.some((stop) => stop.from <= end && end < stop.until)) continue;
    left -= 1;
    if (left === 0) return end;
  }
  return Infinity;
}

/** What is left of a time when the stops are taken out. */
function outside(time: Stop, stops: readonly Stop[]): Stop[] {
  const left: Stop[] = [];
  let { from } = time;
  for (const stop of stops) {
    if (stop.until <= from || stop.from >= time.until) continue;
    if (stop.from > from) left.push({ from, until: stop.from });
    from = stop.until;
  }
  if (from < time.until) left.push({ from, until: time.until });
  return left;
}

/** Steps that are remembered of a calendar. What follows on one end follows on it each time, and to find it costs a look at some days. */
const REMEMBERED = 10_000;

interface Steps {
  /** By a moment: the hour that was asked from, or the end of the opening before. */
  openings: Map<number, Stop | null>;
  /** By the day before, as an ISO date. */
  dayEnds: Map<string, { day: string; end: number } | null>;
}

const stepsOf = new WeakMap<PlanCalendar, Steps>();

function* openings(calendar: PlanCalendar, from: number): Generator<Stop> {
  const known = stepsBy(calendar).openings;
  const after = (at: number): Stop | null =>
    remembered(known, at, () => {
      const opening = openingAfter(calendar, new Date(at));
      return opening === undefined ? null : { from: opening.start.getTime(), until: opening.end.getTime() };
    });
  // From a moment that others ask from as well: what is open after it and over before `from` is passed by.
  const asked = Math.floor(from / HOUR) * HOUR;
  for (let next = after(asked); next !== null && next.from < from + FARTHEST; next = after(next.until)) {
    if (next.until <= from) continue;
    yield next.from < from ? { from, until: next.until } : next;
  }
}

function* dayEnds(calendar: PlanCalendar, from: number): Generator<number> {
  const known = stepsBy(calendar).dayEnds;
  const after = (day: string): { day: string; end: number } | null => {
    const next = nextDayEnd(calendar, DateTime.fromISO(day, { zone: calendar.timeZone }));
    return next === undefined ? null : { day: next.day.toISODate() ?? '', end: next.end.getTime() };
  };
  const first = DateTime.fromMillis(from, { zone: calendar.timeZone }).toISODate() ?? '';
  for (let next = remembered(known, first, () => after(first)); next !== null && next.end < from + FARTHEST;) {
    yield next.end;
    const { day } = next;
    next = remembered(known, day, () => after(day));
  }
}

function stepsBy(calendar: PlanCalendar): Steps {
  const known = stepsOf.get(calendar) ?? { openings: new Map(), dayEnds: new Map() };
  stepsOf.set(calendar, known);
  return known;
}

function remembered<Key, Step>(known: Map<Key, Step>, key: Key, find: () => Step): Step {
  const step = known.get(key);
  if (step !== undefined) return step;
  const found = find();
  if (known.size >= REMEMBERED) known.clear();
  known.set(key, found);
  return found;
}
