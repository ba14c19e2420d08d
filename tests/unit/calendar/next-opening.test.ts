import fc from 'fast-check';
import { nextOpening, openingAfter } from '../../../domain/calendar/next-opening';
import type { PlanCalendar } from '../../../domain/plan/plan-schema';
import { WEEKDAYS } from '../../../domain/plan/schema/values';
import { calendars, DAY, isClosed, isoDate, isOpen, MINUTE, SLOT, weekdayOf } from './any-calendar';

const RELEASE: PlanCalendar = {
  id: 'release-hours',
  timeZone: 'America/New_York',
  open: [{ id: 'midweek', days: ['tue', 'wed', 'thu'], from: '09:00', to: '15:00' }],
  closed: [
    { id: 'thanksgiving', from: '2027-11-22', to: '2027-11-28' },
    { id: 'month-end', lastDaysOfMonth: 2 },
  ],
};

describe('R48: when a migration may go on', () => {
  it.each([
    ['in open hours, at once', '2027-11-02T15:00:00Z', '2027-11-02T15:00:00.000Z'],
    ['before they begin, when they do', '2027-11-02T12:00:00Z', '2027-11-02T13:00:00.000Z'],
    ['at the minute they end, the next day', '2027-11-02T19:00:00Z', '2027-11-03T13:00:00.000Z'],
    [
      'on a Thursday evening, on Tuesday, an hour later by UTC since summer time is over',
      '2027-11-04T22:00:00Z',
      '2027-11-09T14:00:00.000Z',
    ],
    ['before a freeze and a month end, after both', '2027-11-18T21:00:00Z', '2027-12-01T14:00:00.000Z'],
  ])('%s', (_, from, opening) => {
    expect(nextOpening(RELEASE, new Date(from))?.toISOString()).toBe(opening);
  });

  it('ends hours over midnight where a closed day begins, and begins none on one', () => {
    const nights: PlanCalendar = {
      id: 'nights',
      timeZone: 'UTC',
      open: [{ id: 'night', days: ['mon', 'tue', 'wed'], from: '22:00', to: '04:00' }],
      closed: [{ id: 'holiday', from: '2027-06-08', to: '2027-06-08' }], // a Tuesday
    };
    const opening = (from: string): string | undefined => nextOpening(nights, new Date(from))?.toISOString();
    expect(opening('2027-06-07T23:59:00Z')).toBe('2027-06-07T23:59:00.000Z');
    expect(opening('2027-06-08T00:00:00Z')).toBe('2027-06-09T22:00:00.000Z');
    expect(opening('2027-06-10T03:59:00Z')).toBe('2027-06-10T03:59:00.000Z');
  });

  it('says when it closes, and steps over what is closed until further notice', () => {
    expect(openingAfter(RELEASE, new Date('2027-11-02T15:00:00Z'))?.end.toISOString()).toBe('2027-11-02T19:00:00.000Z');
    const closed = [{ id: 'further-notice', from: '2027-01-01', to: '9999-12-20' }];
    expect(nextOpening({ ...RELEASE, closed }, new Date('2027-11-02T15:00:00Z'))?.toISOString()).toBe(
      '9999-12-21T14:00:00.000Z',
    );
  });

  it.each([70, 400])('opens after %d closed days that were declared one by one', (count) => {
    const first = Date.UTC(2027, 10, 1);
    const days = Array.from({ length: count }, (_, index) => isoDate(first + index * DAY));
    const closed = days.reverse().map((day, index) => ({ id: `day-${index}`, from: day, to: day }));
    const allWeek = {
      ...RELEASE,
      timeZone: 'UTC',
      open: [{ id: 'all', days: [...WEEKDAYS], from: '09:00', to: '15:00' }],
    };
    const opening = nextOpening({ ...allWeek, closed }, new Date(first));
    expect(opening?.getTime()).toBe(first + count * DAY + 9 * 60 * MINUTE);
  });

  it('opens after a year of Tuesdays closed where it opens on Tuesdays only', () => {
    const tuesdays = {
      ...RELEASE,
      timeZone: 'UTC',
      open: [{ id: 'tue', days: ['tue' as const], from: '09:00', to: '15:00' }],
    };
    const first = Date.UTC(2027, 10, 2);
    const closed = Array.from({ length: 52 }, (_, week) => isoDate(first + week * 7 * DAY)).map((day) => ({
      ...{ id: day, from: day, to: day },
    }));
    const opening = nextOpening({ ...tuesdays, closed }, new Date(first));
    expect(opening?.getTime()).toBe(first + 52 * 7 * DAY + 9 * 60 * MINUTE);
  });

  it('opens on the day that a search day by day finds, whatever closures adjoin, overlap or hold one another', () => {
    const spans = fc.array(fc.record({ gap: fc.integer({ min: -3, max: 2 }), days: fc.integer({ min: 1, max: 9 }) }), {
      ...{ minLength: 1, maxLength: 120, size: 'max' as const },
    });
    const weekdays = fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(spans, weekdays, fc.integer({ min: 0, max: 6 }), (all, days, monthEnd) => {
        let day = Date.UTC(2027, 0, 1);
        const declared = all.map(({ gap, days: length }, index) => {
          const from = day + gap * DAY;
          day = Math.max(day, from + length * DAY);
          return { id: `days-${index}`, from: isoDate(from), to: isoDate(from + (length - 1) * DAY) };
        });
        const calendar: PlanCalendar = {
          ...{ id: 'any', timeZone: 'UTC', open: [{ id: 'hours', days, from: '09:00', to: '15:00' }] },
          closed: [...declared, ...(monthEnd === 0 ? [] : [{ id: 'month-end', lastDaysOfMonth: monthEnd }])],
        };
        const from = Date.UTC(2027, 0, 1);
        let open = from;
        while (isClosed(calendar, isoDate(open)) || !days.includes(weekdayOf(isoDate(open)))) open += DAY;
        expect(nextOpening(calendar, new Date(from))?.getTime()).toBe(open + 9 * 60 * MINUTE);
      }),
    );
  });

  it('ends its search where hours are never, however much is closed', () => {
    const closed = Array.from({ length: 200 }, (_, year) => ({
      ...{ id: `year-${year}`, from: `${2027 + 2 * year}-01-01`, to: `${2027 + 2 * year}-12-31` },
    }));
    expect(nextOpening({ ...RELEASE, open: [], closed }, new Date('2027-01-01T00:00:00Z'))).toBeUndefined();
    const ever = [...closed, { id: 'ever', from: '2027-01-01', to: '9999-12-31' }];
    expect(nextOpening({ ...RELEASE, open: [], closed: ever }, new Date('2027-01-01T00:00:00Z'))).toBeUndefined();
  });

  it('has no opening without hours, and is open all day where hours end when they begin', () => {
    const from = new Date('2027-11-02T12:00:00Z');
    expect(nextOpening({ ...RELEASE, open: [] }, from)).toBeUndefined();
    const allDay = { id: 'all-day', days: [...WEEKDAYS], from: '02:00', to: '02:00' };
    expect(nextOpening({ ...RELEASE, open: [allDay] }, from)).toEqual(from);
  });

  it('gives the first open quarter of an hour of any calendar, in any zone, over any change of summer time', () => {
    fc.assert(
      fc.property(calendars, fc.integer({ min: 0, max: 400 * 96 }), (calendar, slots) => {
        const from = Date.UTC(2027, 0, 1) + slots * SLOT * MINUTE;
        const opening = nextOpening(calendar, new Date(from));
        if (opening === undefined) throw new Error('Every calendar here opens again.');
        expect(isOpen(calendar, opening.getTime())).toBe(true);
        const end = openingAfter(calendar, opening)?.end.getTime() ?? 0;
        for (let at = opening.getTime(); at < end; at += SLOT * MINUTE) expect(isOpen(calendar, at)).toBe(true);
        const looked = Math.min(opening.getTime(), from + 20 * DAY);
        for (let at = from; at < looked; at += SLOT * MINUTE) {
          if (isOpen(calendar, at)) throw new Error(`Open already at ${new Date(at).toISOString()}.`);
        }
      }),
      { numRuns: 60 },
    );
  });
});
