import fc from 'fast-check';
import { businessDeadline, plainDeadline, type Stop } from '../../../domain/calendar/business-deadline';
import type { PlanCalendar } from '../../../domain/plan/plan-schema';
import { calendars, DAY, isClosed, isoDate, isOpen, MINUTE, SLOT, wallClock, weekdayOf } from './any-calendar';

const HOUR = 60 * MINUTE;
const QUARTER = SLOT * MINUTE;

const CLINIC: PlanCalendar = {
  id: 'clinic-hours',
  timeZone: 'America/New_York',
  open: [{ id: 'weekdays', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
  closed: [
    { id: 'thanksgiving', from: '2027-11-25', to: '2027-11-26' },
    { id: 'freeze', from: '2027-12-20', to: '2028-01-02' },
  ],
};

const deadline = (from: string, amount: string, calendar = CLINIC, stops: Stop[] = []): string =>
  new Date(businessDeadline(calendar, Date.parse(from), amount, stops)).toISOString();

describe('R24: a promise in business time', () => {
  it.each([
    ['in open hours', '2027-11-02T14:00:00Z', '4bh', '2027-11-02T18:00:00.000Z'],
    ['until the very end of the day', '2027-11-02T17:00:00Z', '4bh', '2027-11-02T21:00:00.000Z'],
    ['over the night', '2027-11-02T20:00:00Z', '4bh', '2027-11-03T16:00:00.000Z'],
    ['from the night before', '2027-11-02T02:00:00Z', '4bh', '2027-11-02T17:00:00.000Z'],
    ['over a weekend on which summer time ends', '2027-11-05T20:00:00Z', '4bh', '2027-11-08T17:00:00.000Z'],
    ['over a holiday and a weekend', '2027-11-24T21:00:00Z', '4bh', '2027-11-29T17:00:00.000Z'],
    ['over a freeze of two weeks', '2027-12-17T21:00:00Z', '24bh', '2028-01-05T21:00:00.000Z'],
    ['one day, whatever the hour', '2027-11-02T04:00:00Z', '1bd', '2027-11-03T21:00:00.000Z'],
    ['one day, of the zone and not of UTC', '2027-11-03T03:59:00Z', '1bd', '2027-11-03T21:00:00.000Z'],
    ['two days over a weekend', '2027-11-05T15:00:00Z', '2bd', '2027-11-09T22:00:00.000Z'],
    ['one day from a Saturday', '2027-11-06T15:00:00Z', '1bd', '2027-11-08T22:00:00.000Z'],
    ['two days over a holiday', '2027-11-24T15:00:00Z', '2bd', '2027-11-30T22:00:00.000Z'],
  ])('is counted %s', (_, from, amount, over) => {
    expect(deadline(from, amount)).toBe(over);
  });

  it('does not count an hour that summer time skips, and counts one that it repeats twice', () => {
    const sundays: PlanCalendar = {
      ...{ id: 'sundays', timeZone: 'America/New_York' },
      open: [{ id: 'sunday', days: ['sun'], from: '00:00', to: '06:00' }],
    };
    expect(deadline('2027-03-14T05:00:00Z', '5bh', sundays)).toBe('2027-03-14T10:00:00.000Z');
    expect(deadline('2027-03-14T05:00:00Z', '6bh', sundays)).toBe('2027-03-21T05:00:00.000Z');
    expect(deadline('2027-11-07T04:00:00Z', '7bh', sundays)).toBe('2027-11-07T11:00:00.000Z');
  });

  it('stands still while it is stopped: hours then do not count, nor does a day that ends then', () => {
    const stop = (from: string, until: string): Stop => ({ from: Date.parse(from), until: Date.parse(until) });
    const lunch = stop('2027-11-02T16:00:00Z', '2027-11-02T17:00:00Z');
    const night = stop('2027-11-02T20:00:00Z', '2027-11-03T15:00:00Z');
    expect(deadline('2027-11-02T14:00:00Z', '4bh', CLINIC, [lunch])).toBe('2027-11-02T19:00:00.000Z');
    expect(deadline('2027-11-02T18:00:00Z', '4bh', CLINIC, [night])).toBe('2027-11-03T17:00:00.000Z');
    expect(deadline('2027-11-01T15:00:00Z', '1bd', CLINIC, [lunch])).toBe('2027-11-02T21:00:00.000Z');
    expect(deadline('2027-11-01T15:00:00Z', '1bd', CLINIC, [lunch, night])).toBe('2027-11-03T21:00:00.000Z');
  });

  it('is never over before a stop that began at its last moment', () => {
    const from = Date.parse('2027-11-02T14:00:00Z');
    const stop = { from: from + 4 * HOUR, until: from + 30 * HOUR };
    expect(businessDeadline(CLINIC, from, '4bh', [stop])).toBe(stop.until);
    expect(plainDeadline(from, 4 * HOUR, [stop])).toBe(stop.until);
  });

  it('is never over where the calendar does not open any more, or too seldom', () => {
    const closed = [{ id: 'further-notice', from: '2027-01-01', to: '9999-12-31' }];
    const from = Date.parse('2027-11-02T14:00:00Z');
    for (const amount of ['1bh', '1bd']) expect(businessDeadline({ ...CLINIC, closed }, from, amount)).toBe(Infinity);
    const seldom = [{ id: 'minute', days: ['mon' as const], from: '09:00', to: '09:01' }];
    expect(businessDeadline({ ...CLINIC, open: seldom }, from, '9999bh')).toBe(Infinity);
  });

  it('has as many open quarters of an hour behind it as were promised, in any calendar and zone, whatever was stopped', () => {
    fc.assert(
      fc.property(calendars, start, fc.integer({ min: 1, max: 30 }), stops, (calendar, from, hours, relative) => {
        const all = relative.map((stop) => ({ from: from + stop.from, until: from + stop.until }));
        let left = hours * 4;
        let at = from;
        for (; left > 0; at += QUARTER) {
          const isStopped = all.some((stop) => stop.from <= at && at < stop.until);
          if (!isStopped && isOpen(calendar, at)) left -= 1;
        }
        const expected = Math.max(at, all.at(-1)?.until ?? 0);
        expect(businessDeadline(calendar, from, `${hours}bh`, all)).toBe(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('ends with the last hours of as many open days as were promised, in any calendar and zone, whatever was stopped', () => {
    fc.assert(
      fc.property(calendars, start, fc.integer({ min: 1, max: 6 }), stops, (calendar, from, days, relative) => {
        const all = relative.map((stop) => ({ from: from + stop.from, until: from + stop.until }));
        let left = days;
        let end = 0;
        for (let day = nextDate(wallClock(calendar.timeZone, from).date); left > 0; day = nextDate(day)) {
          const ends = dayEnd(calendar, day);
          if (ends === undefined || all.some((stop) => stop.from <= ends && ends < stop.until)) continue;
          end = ends;
          left -= 1;
        }
        const expected = Math.max(end, all.at(-1)?.until ?? 0);
        expect(businessDeadline(calendar, from, `${days}bd`, all)).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('is the same however often it is asked, and by which way it was found before', () => {
    fc.assert(
      fc.property(calendars, fc.array(start, { minLength: 2, maxLength: 5 }), (calendar, moments) => {
        const asked = moments.map((from) => businessDeadline(calendar, from, '9bh'));
        const anew = moments.map((from) => businessDeadline({ ...calendar }, from, '9bh'));
        expect([...moments].reverse().map((from) => businessDeadline(calendar, from, '9bh'))).toEqual(asked.reverse());
        expect(anew.reverse()).toEqual(asked);
      }),
      { numRuns: 60 },
    );
  });
});

describe('R24: plain time', () => {
  it('runs only while it is not stopped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), stops, (quarters, all) => {
        let left = quarters;
        let at = 0;
        for (; left > 0; at += QUARTER) if (!all.some((stop) => stop.from <= at && at < stop.until)) left -= 1;
        const atItsEnd = all.find((stop) => stop.from === at);
        expect(plainDeadline(0, quarters * QUARTER, all)).toBe(atItsEnd?.until ?? at);
      }),
    );
  });
});

const start = fc.integer({ min: 0, max: 400 * 96 }).map((slots) => Date.UTC(2027, 0, 1) + slots * QUARTER);

/** In order and apart, from the start on. */
const stops = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 120 }), length: fc.integer({ min: 1, max: 200 }) }), {
    maxLength: 4,
  })
  .map((list) => {
    let at = 0;
    return list.map(({ gap, length }): Stop => {
      const from = at + gap * QUARTER;
      at = from + length * QUARTER;
      return { from, until: at };
    });
  });

/** Another way to the same: the last quarter of an hour that belongs to this day's hours. */
function dayEnd(calendar: PlanCalendar, day: string): number | undefined {
  if (isClosed(calendar, day)) return undefined;
  const hours = calendar.open.filter(({ days }) => days.includes(weekdayOf(day)));
  const after = nextDate(day);
  const noon = Date.parse(`${day}T12:00:00Z`);
  for (let at = noon + 2 * DAY; hours.length > 0 && at > noon - DAY; at -= QUARTER) {
    const wall = wallClock(calendar.timeZone, at);
    const belongs = hours.some(({ from, to }) => {
      const over = to <= from;
      const today = wall.date === day && wall.time >= from && (over || wall.time < to);
      return today || (over && wall.date === after && wall.time < to && !isClosed(calendar, after));
    });
    if (belongs) return at + QUARTER;
  }
  return undefined;
}

function nextDate(day: string): string {
  return isoDate(Date.parse(`${day}T00:00:00Z`) + DAY);
}
