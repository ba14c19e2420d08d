import fc from 'fast-check';
import { longestBusinessTime, longestGap, type OpenHours } from '../../../domain/plan/open-hours';
import { WEEKDAYS } from '../../../domain/plan/schema/values';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MINUTES = 7 * 24 * 60;
const OFFICE: OpenHours[] = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }];
const ALWAYS: OpenHours[] = [
  { days: WEEKDAYS, from: '08:00', to: '20:00' },
  { days: WEEKDAYS, from: '20:00', to: '08:00' },
];

const quarter = fc
  .integer({ min: 0, max: 95 })
  .map((count) => `${String(Math.floor(count / 4)).padStart(2, '0')}:${String((count % 4) * 15).padStart(2, '0')}`);
const hours = fc.array(
  fc.record({
    days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 7 }),
    from: quarter,
    to: fc.oneof(quarter, fc.constant('24:00')),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Each minute of a week, counted without the code under test. */
function minutesOf(open: readonly OpenHours[]): boolean[] {
  const week = new Array<boolean>(MINUTES).fill(false);
  for (const { days, from, to } of open) {
    const minute = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
    const length = (minute(to) - minute(from) + 1_440) % 1_440 || 1_440;
    for (const day of days) {
      const start = WEEKDAYS.indexOf(day) * 1_440 + minute(from);
      for (let at = 0; at < length; at += 1) week[(start + at) % MINUTES] = true;
    }
  }
  return week;
}

describe('the hours in which somebody is there', () => {
  it('leave the longest gap that there is, as counted by the minute', () => {
    fc.assert(
      fc.property(hours, (open) => {
        const week = minutesOf(open);
        let longest = 0;
        let gap = 0;
        for (let at = 0; at < 2 * MINUTES; at += 1) {
          gap = week[at % MINUTES] === true ? 0 : gap + 1;
          longest = Math.max(longest, gap);
        }
        expect(longestGap(open)).toBe(Math.min(longest, MINUTES) * 60_000);
      }),
    );
  });

  it('are a weekend apart in an office, and never where shifts follow each other', () => {
    expect(longestGap(OFFICE)).toBe(2 * DAY + 16 * HOUR);
    expect(longestGap(ALWAYS)).toBe(0);
  });
});

describe('business time', () => {
  it('takes as long as its worst start makes it, as counted by the minute', () => {
    fc.assert(
      fc.property(hours, fc.integer({ min: 1, max: 60 }), (open, amount) => {
        const week = minutesOf(open);
        let longest = 0;
        for (let start = 0; start < MINUTES; start += 15) {
          let left = amount * 60;
          let at = start;
          for (; left > 0; at += 1) if (week[at % MINUTES] === true) left -= 1;
          longest = Math.max(longest, at - start);
        }
        expect(longestBusinessTime(open, `${amount}bh`)).toBe(longest * 60_000);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['8bh', OFFICE, 2 * DAY + 24 * HOUR],
    ['24bh', OFFICE, 5 * DAY],
    ['40bh', OFFICE, 7 * DAY],
    ['24bh', ALWAYS, DAY],
    // From the first minute of a Friday to Monday evening; of a Thursday to Monday evening.
    ['1bd', OFFICE, 3 * DAY + 17 * HOUR],
    ['2bd', OFFICE, 4 * DAY + 17 * HOUR],
    ['5bd', OFFICE, 7 * DAY + 17 * HOUR],
    ['6bd', OFFICE, 10 * DAY + 17 * HOUR],
  ])('%s of an office or a desk that is always there', (amount, open, longest) => {
    expect(longestBusinessTime(open, amount)).toBe(longest);
  });
});
