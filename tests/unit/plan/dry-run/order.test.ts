import fc from 'fast-check';
import type { DryRun } from '../../../../domain/plan/dry-run/dry-run';
import { dryRunPlan } from '../../../../domain/plan/dry-run/dry-run-plan';
import type { Plan, PlanCalendar, PlanPhase } from '../../../../domain/plan/plan-schema';
import { WEEKDAYS } from '../../../../domain/plan/schema/values';
import { DAY, planOf } from './plans';

const HOUR = 3_600_000;
const RUNS = { numRuns: 8 };

/** Zones whose clocks change in either half of the year, by an hour or half of one, or never. */
const ZONES = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC'];

const calendars: fc.Arbitrary<PlanCalendar> = fc
  .record({
    timeZone: fc.constantFrom(...ZONES),
    days: fc.subarray([...WEEKDAYS], { minLength: 1 }),
    from: fc.integer({ min: 0, max: 22 }),
    hours: fc.integer({ min: 1, max: 20 }),
    monthEnd: fc.integer({ min: 1, max: 10 }),
    holiday: fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 20 })),
  })
  .map(({ timeZone, days, from, hours, monthEnd, holiday: [first, length] }) => ({
    id: 'hours',
    timeZone,
    open: [{ id: 'open', days, from: `${two(from)}:00`, to: `${two((from + hours) % 24)}:00` }],
    closed: [
      { id: 'month-end', lastDaysOfMonth: monthEnd },
      { id: 'holiday', from: dateOf(first), to: dateOf(first + length) },
    ],
  }));

const ramps: fc.Arbitrary<PlanPhase['ramp']> = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 200 })), {
    ...{ minLength: 1, maxLength: 3 },
    selector: ([share]) => share,
  })
  .map((steps) => [
    ...steps
      .sort(([one], [other]) => one - other)
      .map(([share, watch]) => ({ share: share * 1000, watch: watch * HOUR })),
    { share: 100_000, watch: DAY },
  ]);

const phases: fc.Arbitrary<Partial<PlanPhase>> = fc.record({
  ramp: ramps,
  soak: fc.integer({ min: 1, max: 900 }).map((hours) => hours * HOUR),
  dwell: fc.integer({ min: 1, max: 300 }).map((hours) => hours * HOUR),
  cohorts: fc
    .array(fc.tuple(fc.option(ramps, { nil: undefined }), fc.option(fc.integer({ min: 5, max: 400 }))), {
      minLength: 1,
      maxLength: 2,
    })
    .map((all) =>
      all.map(([ramp, volume], index) => ({
        ...{ id: `cohort-${index}`, when: {} },
        ...(ramp && { ramp }),
        ...(volume !== null && { volume }),
      })),
    ),
});

const plans: fc.Arbitrary<Plan> = fc
  .tuple(fc.array(phases, { minLength: 1, maxLength: 3 }), fc.option(calendars, { nil: undefined }))
  .map(([all, calendar]) => planOf(all, calendar));

const starts = fc.integer({ min: 0, max: 365 * 24 }).map((hours) => new Date(Date.UTC(2027, 0, 1) + hours * HOUR));

describe('a dry run of any plan', () => {
  it('begins nothing before what it waits for: steps, soaks, commits, phases (R8)', () => {
    fc.assert(
      fc.property(plans, starts, (plan, start) => {
        const run = dryRunPlan(plan, start);
        let stable: Date | null = start;
        for (const [index, phase] of run.phases.entries()) {
          const { soak = 0, dwell = 0 } = plan.phases[index] ?? {};
          expect(phase.asked).toEqual(stable);
          for (const { steps, soaks, soaked } of phase.cohorts) {
            let before: Date | null = stable;
            for (const step of steps) {
              expectNotBefore(step.begins, before);
              expectNotBefore(step.ends, step.begins, step.watch);
              before = step.ends;
            }
            expect(soaks).toEqual(before);
            expectNotBefore(soaked, soaks, soak);
            expectNotBefore(phase.commits, soaked);
          }
          if (index < run.phases.length - 1) expectNotBefore(phase.stable, phase.commits, dwell);
          ({ stable } = phase);
        }
      }),
      RUNS,
    );
  });

  it('begins and commits in an open hour, and in the first that there is (R48)', () => {
    fc.assert(
      fc.property(plans, starts, (plan, start) => {
        const [calendar] = plan.calendars ?? [];
        if (calendar === undefined) return;
        for (const [asked, begun] of advances(dryRunPlan(plan, start))) {
          if (asked === null || begun === null) continue;
          expect(isOpen(calendar, begun)).toBe(true);
          for (let at = asked.getTime(); at < begun.getTime(); at += HOUR) {
            expect(isOpen(calendar, new Date(at))).toBe(false);
          }
        }
      }),
      RUNS,
    );
  });

  it('ends no earlier when it is started later, and says the same each time', () => {
    fc.assert(
      fc.property(plans, starts, fc.integer({ min: 0, max: 60 * DAY }), (plan, start, delay) => {
        const run = dryRunPlan(plan, start);
        const delayed = dryRunPlan(plan, new Date(start.getTime() + delay));
        const late = advances(delayed);
        for (const [index, [, begun]] of advances(run).entries()) expectNotBefore(late[index]?.[1] ?? null, begun);
        expectNotBefore(delayed.ends.migration, run.ends.migration);
        expect(dryRunPlan(structuredClone(plan), start)).toEqual(run);
      }),
      RUNS,
    );
  });

  it('moves no more than the cap on a day and leaves no room of it, everyone of a list once, no second wave unwatched (R43)', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });
    const lists = fc.array(fc.tuple(sizes, fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(plans, starts, fc.integer({ min: 1, max: 50 }), lists, (plan, start, cap, all) => {
        const [first, ...rest] = plan.phases;
        if (first === undefined) return;
        const waves: PlanPhase['waves'] = {
          ...{ cap, safeWindow: {} },
          lists: all.map(([of, watch], index) => ({
            ...{ id: `list-${index}`, existing: `list-${index}`, sizes: of, watch: watch * DAY },
          })),
        };
        const planned = dryRunPlan({ ...plan, phases: [{ ...first, waves }, ...rest] }, start).phases[0];

        const aDay = new Map<number, number>();
        const full: number[] = [];
        for (const wave of planned?.waves?.waves ?? []) {
          for (const { by, count } of wave.moved) aDay.set(by.getTime(), (aDay.get(by.getTime()) ?? 0) + count);
          if (wave.ends === null) continue;
          expect(wave.moved.reduce((sum, { count }) => sum + count, 0)).toBe(wave.size);
          const before = planned?.waves?.waves.find((one) => one.list === wave.list && one.number === wave.number - 1);
          const watch = (all[Number(wave.list.slice(5))]?.[1] ?? 0) * DAY;
          if (before === undefined) continue;
          if (wave.number === 2) expectNotBefore(wave.begins, before.ends, watch);
          const [start, end] = [wave.moved[0]?.by.getTime() ?? 0, before.ends?.getTime() ?? Infinity];
          expect(start).toBeGreaterThanOrEqual(end);
          if (wave.number > 2 && start > end) full.push(end);
        }
        for (const count of aDay.values()) expect(count).toBeLessThanOrEqual(cap);
        for (const day of full) expect(aDay.get(day)).toBe(cap);
      }),
      RUNS,
    );
  });
});

/** Everything that goes on, with when it might at the earliest. */
function advances({ phases: all }: DryRun): [Date | null, Date | null][] {
  return all.flatMap(({ cohorts, soaked, commits }) => [
    ...cohorts.flatMap(({ steps }) => steps.map(({ asked, begins }): [Date | null, Date | null] => [asked, begins])),
    [soaked, commits] as [Date | null, Date | null],
  ]);
}

function expectNotBefore(moment: Date | null, before: Date | null, by = 0): void {
  // What has no date comes after everything.
  if (moment === null) return;
  expect(before).not.toBeNull();
  expect(moment.getTime()).toBeGreaterThanOrEqual((before?.getTime() ?? Infinity) + by);
}

/** Said anew, from what the platform says of the wall clock. Hours over midnight belong to the day on which they begin. */
function isOpen({ timeZone, open: [hours], closed = [] }: PlanCalendar, at: Date): boolean {
  if (hours === undefined) return false;
  const parts = wallClock(timeZone).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const today = Date.UTC(Number(part('year')), Number(part('month')) - 1, Number(part('day')));
  const time = `${part('hour')}:${part('minute')}`;
  const isShut = (day: number): boolean => {
    const date = new Date(day).toISOString().slice(0, 10);
    const lastDay = new Date(Date.UTC(new Date(day).getUTCFullYear(), new Date(day).getUTCMonth() + 1, 0)).getUTCDate();
    return closed.some((one) =>
      'from' in one ? one.from <= date && date <= one.to : new Date(day).getUTCDate() > lastDay - one.lastDaysOfMonth,
    );
  };
  const opensOn = (day: number): boolean => hours.days.includes(WEEKDAYS[(new Date(day).getUTCDay() + 6) % 7] ?? 'mon');
  if (isShut(today)) return false;
  if (hours.to > hours.from) return opensOn(today) && time >= hours.from && time < hours.to;
  const yesterday = today - DAY;
  return (opensOn(today) && time >= hours.from) || (opensOn(yesterday) && !isShut(yesterday) && time < hours.to);
}

const wallClocks = new Map<string, Intl.DateTimeFormat>();

function wallClock(timeZone: string): Intl.DateTimeFormat {
  const clock =
    wallClocks.get(timeZone) ??
    new Intl.DateTimeFormat('en-CA', {
      ...({ timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hourCycle: 'h23' } as const),
      ...({ hour: '2-digit', minute: '2-digit' } as const),
    });
  wallClocks.set(timeZone, clock);
  return clock;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function dateOf(day: number): string {
  return new Date(Date.UTC(2027, 0, 1) + day * DAY).toISOString().slice(0, 10);
}
