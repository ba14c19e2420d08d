import { staffOnShift } from '../../../domain/queues/staff-on-shift';
import { timeToClear } from '../../../domain/queues/time-to-clear';

const HOUR = 3_600_000;
const NOON = Date.parse('2026-03-04T12:00:00Z');
const WEEK_BEFORE = NOON - 7 * 24 * HOUR;

/** From nine to five in UTC on working days, and one more from noon to four; ten cases at once, and five. */
const REACH = {
  rota: 'desk',
  timeZone: 'UTC',
  shifts: [
    { id: 'day', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00', capacity: 10 },
    { id: 'peak', days: ['wed'], from: '12:00', to: '16:00', capacity: 5 },
  ],
} as const;
const reach = { ...REACH, shifts: REACH.shifts.map((shift) => ({ ...shift, days: [...shift.days] })) };

describe('who is on shift (R30)', () => {
  it('adds up what those who are there at once can work on, and leaves out when nobody is', () => {
    const staffed = staffOnShift(reach, Date.parse('2026-03-04T00:00:00Z'), Date.parse('2026-03-05T00:00:00Z'));
    expect(staffed.map(({ from, capacity, shifts }) => [new Date(from).getUTCHours(), capacity, shifts])).toEqual([
      [9, 10, ['day']],
      [12, 15, ['day', 'peak']],
      [16, 10, ['day']],
    ]);
    expect(staffOnShift(reach, Date.parse('2026-03-07T00:00:00Z'), Date.parse('2026-03-09T00:00:00Z'))).toEqual([]);
  });
});

describe('when a queue is worked off (R30)', () => {
  // Of the last week: 40 hours of ten, and four of five, without Wednesday afternoon: that is the next.
  const staffed = staffOnShift(reach, WEEK_BEFORE, NOON + 28 * 24 * HOUR);
  const workload = { open: 60, since: WEEK_BEFORE, now: NOON, arrived: 0, ended: 420 };

  it('goes on as fast as people were, at the pace of those on shift, and rests while nobody is there', () => {
    // 420 in 420 hours of capacity: fifteen an hour until four, ten until five.
    expect(timeToClear(workload, staffed)).toMatchObject({ at: NOON + 4 * HOUR, because: null, perHour: 1 });
    expect(timeToClear({ ...workload, open: 75 }, staffed).at).toBe(Date.parse('2026-03-05T09:30:00Z'));
  });

  it('counts what comes in meanwhile, at night too', () => {
    const { at } = timeToClear({ ...workload, open: 60, arrived: 168 }, staffed);
    // One an hour comes in: fourteen an hour less until four, nine until five.
    expect(at).toBe(NOON + 4 * HOUR + (4 / 9) * HOUR);
  });

  it('says why there is no answer', () => {
    expect(timeToClear({ ...workload, open: 0 }, staffed)).toMatchObject({ at: null, because: 'nothingOpen' });
    expect(timeToClear({ ...workload, ended: 0 }, staffed)).toMatchObject({ at: null, because: 'nothingEnded' });
    expect(timeToClear({ ...workload, arrived: 5_000 }, staffed)).toMatchObject({ at: null, because: 'moreComes' });
    expect(timeToClear(workload, [])).toMatchObject({ at: null, because: 'nobodyOnShift' });
  });
});
