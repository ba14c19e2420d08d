import fc from 'fast-check';
import type { PlanCalendar } from '../../../domain/plan/plan-schema';
import { WEEKDAYS } from '../../../domain/plan/schema/values';

export const MINUTE = 60_000;
/** Minutes of a quarter of an hour. */
export const SLOT = 15;
export const DAY = 24 * 60 * MINUTE;
const ZONES = ['America/New_York', 'UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns'] as const;

const quarter = fc
  .record({ hour: fc.integer({ min: 0, max: 23 }), quarter: fc.integer({ min: 0, max: 3 }) })
  .map((time) => `${String(time.hour).padStart(2, '0')}:${String(time.quarter * SLOT).padStart(2, '0')}`);

const date = fc.integer({ min: 0, max: 420 }).map((day) => Date.UTC(2027, 0, 1) + day * DAY);

/** Any calendar that opens again, by quarters of an hour. */
export const calendars: fc.Arbitrary<PlanCalendar> = fc.record({
  id: fc.constant('any'),
  timeZone: fc.constantFrom(...ZONES),
  open: fc.array(
    fc.record({
      id: fc.constant('hours'),
      days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 7 }),
      // From 04:00 on: an hour that the clock skips or repeats has tests of its own kind, and two answers by a slot.
      from: quarter.filter((time) => time >= '04:00' && time < '23:00'),
      to: fc.constantFrom('23:30', '23:45', '24:00', '03:30'),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  closed: fc.array(
    fc.oneof(
      fc.record({ first: date, days: fc.integer({ min: 0, max: 9 }) }).map(({ first, days }) => ({
        id: 'freeze',
        from: new Date(first).toISOString().slice(0, 10),
        to: new Date(first + days * DAY).toISOString().slice(0, 10),
      })),
      fc.integer({ min: 1, max: 15 }).map((lastDaysOfMonth) => ({ id: 'month-end', lastDaysOfMonth })),
    ),
    { maxLength: 4 },
  ),
});

/** Another way to the same: the clock on the wall at one instant, against what is written. */
export function isOpen(calendar: PlanCalendar, at: number): boolean {
  const wall = wallClock(calendar.timeZone, at);
  const yesterday = new Date(Date.parse(`${wall.date}T00:00:00Z`) - DAY).toISOString().slice(0, 10);
  if (isClosed(calendar, wall.date)) return false;
  return calendar.open.some(({ days, from, to }) => {
    const over = to <= from;
    const today = days.includes(weekdayOf(wall.date)) && wall.time >= from && (over || wall.time < to);
    const lastNight = over && days.includes(weekdayOf(yesterday)) && wall.time < to && !isClosed(calendar, yesterday);
    return today || lastNight;
  });
}

export function isClosed({ closed = [] }: PlanCalendar, day: string): boolean {
  const nextMonth = new Date(Date.parse(`${day}T00:00:00Z`));
  const daysLeft = (count: number): boolean =>
    new Date(nextMonth.getTime() + count * DAY).getUTCMonth() !== nextMonth.getUTCMonth();
  return closed.some((one) =>
    'lastDaysOfMonth' in one ? daysLeft(one.lastDaysOfMonth) : day >= one.from && day <= one.to,
  );
}

export function isoDate(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export function weekdayOf(day: string): (typeof WEEKDAYS)[number] {
  const index = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
  return WEEKDAYS[index] ?? 'mon';
}

export function wallClock(timeZone: string, at: number): { date: string; time: string } {
  const parts = Object.fromEntries(
    clockOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return { date: `${parts['year']}-${parts['month']}-${parts['day']}`, time: `${parts['hour']}:${parts['minute']}` };
}

/** To make one costs more than to read it a thousand times. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('en', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit' },
      ...{ day: '2-digit', hour: '2-digit', minute: '2-digit' },
    });
  clocks.set(timeZone, clock);
  return clock;
}
