import type { Milliseconds } from '../time/duration';
import { WEEKDAYS, type Weekday } from './schema/values';

/** Hours of a week as a plan writes them; over midnight where `to` is not after `from`. */
export interface OpenHours {
  days: readonly Weekday[];
  from: string;
  to: string;
}

const MINUTE = 60_000;
const DAY = 24 * 60;
const WEEK = 7 * DAY;

interface Span {
  from: number;
  to: number;
}

/** The longest time of a week in which nobody is there: 0 where somebody always is. An hour of summer time is not counted. */
export function longestGap(hours: readonly OpenHours[]): Milliseconds {
  const spans = spansOf(hours);
  const [first] = spans;
  if (first === undefined) return WEEK * MINUTE;
  const gaps = spans.map((span, index) => (spans[index + 1]?.from ?? first.from + WEEK) - span.to);
  return Math.max(0, ...gaps) * MINUTE;
}

/**
 * The longest that business time can take by the clock, holidays left out: `24bh` from the moment that the hours end, `2bd` from the
 * first minute of a day to the end of the second open day after it.
 */
export function longestBusinessTime(hours: readonly OpenHours[], amount: string): Milliseconds {
  const count = Number.parseInt(amount, 10);
  const spans = spansOf(hours);
  if (spans.length === 0) return Infinity;
  const weeks = amount.endsWith('bd') ? dayEnds(hours) : spans;
  const longest = amount.endsWith('bd') ? longestDays(weeks, count) : longestHours(spans, count * 60);
  return longest * MINUTE;
}

function longestHours(spans: readonly Span[], minutes: number): number {
  const open = spans.reduce((sum, { from, to }) => sum + to - from, 0);
  const weeks = Math.ceil(minutes / open) - 1;
  const rest = minutes - weeks * open;
  return weeks * WEEK + Math.max(...spans.map((_, after) => hoursAfter(spans, after, rest)));
}

/** From the end of one span until so many open minutes have passed. */
function hoursAfter(spans: readonly Span[], after: number, minutes: number): number {
  const start = spans[after]?.to ?? 0;
  let left = minutes;
  for (let step = 1; step <= spans.length; step += 1) {
    const index = (after + step) % spans.length;
    const span = spans[index] ?? { from: 0, to: 0 };
    const later = span.from < start ? WEEK : 0;
    const length = span.to - span.from;
    if (left <= length) return span.from + later + left - start;
    left -= length;
  }
  return WEEK;
}

/** For each day of the week that is open: its first minute, and when it ends. */
function dayEnds(hours: readonly OpenHours[]): Span[] {
  return WEEKDAYS.flatMap((day, index) => {
    const ends = hours.filter(({ days }) => days.includes(day)).map((open) => spanOn(index, open).to);
    return ends.length === 0 ? [] : [{ from: index * DAY, to: Math.max(...ends) }];
  });
}

function longestDays(days: readonly Span[], count: number): number {
  let longest = 0;
  for (let day = 0; day < 7; day += 1) {
    const start = day * DAY;
    const later = [...days, ...days.map(({ from, to }) => ({ from: from + WEEK, to: to + WEEK }))].filter(
      ({ from }) => from > start,
    );
    const weeks = Math.floor((count - 1) / days.length);
    const end = later[(count - 1) % days.length]?.to ?? WEEK;
    longest = Math.max(longest, weeks * WEEK + end - start);
  }
  return longest;
}

/** The open times of a week in minutes from its beginning, in order, none touching another. */
function spansOf(hours: readonly OpenHours[]): Span[] {
  const spans = hours
    .flatMap((open) => open.days.map((day) => spanOn(WEEKDAYS.indexOf(day), open)))
    .flatMap((span) =>
      span.to <= WEEK
        ? [span]
        : [
            { from: span.from, to: WEEK },
            { from: 0, to: span.to - WEEK },
          ],
    )
    .sort((left, right) => left.from - right.from);
  const merged: Span[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else merged.push({ ...span });
  }
  // Over the end of the week it is one span.
  const [first] = merged;
  const last = merged.at(-1);
  if (first !== undefined && last !== undefined && merged.length > 1 && first.from === 0 && last.to === WEEK) {
    merged.shift();
    last.to += first.to;
  }
  return merged;
}

function spanOn(day: number, { from, to }: OpenHours): Span {
  const start = day * DAY + minutesOf(from);
  const end = day * DAY + minutesOf(to);
  return { from: start, to: end > start ? end : end + DAY };
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
