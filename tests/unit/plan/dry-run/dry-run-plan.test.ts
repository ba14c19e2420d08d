import { dryRunPlan } from '../../../../domain/plan/dry-run/dry-run-plan';
import type { DryRun } from '../../../../domain/plan/dry-run/dry-run';
import { loadPlan } from '../../../../domain/plan/load-plan';
import type { PlanPhase } from '../../../../domain/plan/plan-schema';
import { PAYMENT, TELEHEALTH } from '../plan-texts';
import { DAY, everyone, planOf, RELEASE_HOURS } from './plans';

const at = (moment: string): Date => new Date(moment);

function begins(run: DryRun, phase = 0, cohort = 0): (string | undefined)[] {
  return (run.phases[phase]?.cohorts[cohort]?.steps ?? []).map(({ begins: from }) => from?.toISOString().slice(0, 16));
}

function said(run: DryRun): string[] {
  return run.assumptions.map(({ code }) => code);
}

describe('what a plan does and when, worked out by hand (R48)', () => {
  // Steps of one, one, two and two days, a soak of 14 days.
  it('waits for the open hours of the calendar, on the wall clock when summer time begins', () => {
    const run = dryRunPlan(planOf([{ cohorts: everyone() }], RELEASE_HOURS), at('2027-03-09T14:00Z'));
    expect(begins(run)).toEqual(['2027-03-09T14:00', '2027-03-10T14:00', '2027-03-11T14:00', '2027-03-16T13:00']);
    expect(run.phases[0]).toMatchObject({
      soaked: at('2027-04-01T13:00Z'),
      commits: at('2027-04-01T13:00Z'),
      stable: null,
    });
    expect(run.ends).toEqual({ arrivals: at('2027-04-01T13:00Z'), existing: null, migration: at('2027-04-01T13:00Z') });
  });

  it('waits for them when summer time ends; never on a holiday, nor on the last days of a month', () => {
    const run = dryRunPlan(planOf([{ cohorts: everyone() }], RELEASE_HOURS), at('2027-11-02T13:00Z'));
    expect(begins(run)).toEqual(['2027-11-02T13:00', '2027-11-03T13:00', '2027-11-04T13:00', '2027-11-09T14:00']);
    // Thursday 25 November is Thanksgiving, the 29th and 30th are the month's last days.
    expect(run.phases[0]?.soaked).toEqual(at('2027-11-25T14:00Z'));
    expect(run.ends.arrivals).toEqual(at('2027-12-01T14:00Z'));
  });

  it('lets a step of the same share begin at any hour, as it lets nobody more through', () => {
    const ramp = [
      { share: 10_000, watch: DAY },
      { share: 10_000, watch: 2 * DAY },
      { share: 100_000, watch: DAY },
    ];
    const run = dryRunPlan(planOf([{ cohorts: everyone(), ramp }], RELEASE_HOURS), at('2027-03-11T14:00Z'));
    expect(begins(run)).toEqual(['2027-03-11T14:00', '2027-03-12T14:00', '2027-03-16T13:00']);
  });

  it('lets a phase begin when the one before was committed and stable for its dwell, by its own calendar (R8)', () => {
    const own = { ...RELEASE_HOURS, id: 'mornings', timeZone: 'UTC' };
    const plan = planOf([{ cohorts: everyone() }, { cohorts: everyone(), calendar: 'mornings' }], RELEASE_HOURS, {
      calendars: [RELEASE_HOURS, own],
    });
    const run = dryRunPlan(plan, at('2027-03-09T14:00Z'));
    expect(run.phases[0]?.stable).toEqual(at('2027-04-08T13:00Z'));
    expect(run.phases[1]?.asked).toEqual(at('2027-04-08T13:00Z'));
    expect(begins(run, 1)[0]).toBe('2027-04-08T13:00');
    expect(run.phases[1]?.calendar).toBe('mornings');
  });

  it('lets a step last as long as its gates take at the volume that is declared, and says who is asked meanwhile', () => {
    const cohorts: PlanPhase['cohorts'] = [
      { id: 'few', when: { state: ['CO'] }, volume: 20 },
      { id: 'others', when: {}, volume: 400 },
    ];
    const run = dryRunPlan(planOf([{ cohorts }]), at('2027-02-01T00:00Z'));
    // A tenth of 20 is 2 a day: the 30 outcomes of the comparison take 15 days, and a day of watching is over long before.
    expect(begins(run).slice(0, 2)).toEqual(['2027-02-01T00:00', '2027-02-16T00:00']);
    expect(run.phases[0]?.cohorts[0]?.steps[0]?.waitsFor).toEqual({ gate: 'routing-against-legacy', takes: 15 * DAY });
    // A tenth of 400 is 40 a day.
    expect(begins(run, 0, 1).slice(0, 2)).toEqual(['2027-02-01T00:00', '2027-02-02T00:00']);
    const [floor, comparison] = run.phases[0]?.gates ?? [];
    expect(floor?.sight).toEqual({
      ...{ kind: 'asksPeople', cohort: 'few', step: 1, takes: 10 * DAY, patience: 2 * DAY, sees: null },
    });
    expect(comparison?.sight).toMatchObject({ kind: 'asksPeople', takes: 15 * DAY });
  });

  it('counts who is on target: so many a day until the next step begins, whatever that waits for', () => {
    const run = dryRunPlan(planOf([{ cohorts: everyone(1000) }], RELEASE_HOURS), at('2027-03-09T14:00Z'));
    // 100 a day for a day, 250 for a day, 500 from Thursday to Tuesday less the hour that is skipped, then 1000.
    const first = 100 + 250 + 500 * (5 - 1 / 24) + 1000 * (15 + 15 / 24);
    const [april] = run.onTarget;
    expect(april?.by).toEqual(at('2027-04-01T04:00Z'));
    expect(april?.phases[0]?.arrived.kind).toBe('expected');
    expect(april?.phases[0]?.arrived.count).toBeCloseTo(first, 6);
    expect(april?.phases[0]?.aDay).toEqual({ kind: 'expected', count: 1000 });
  });

  it('moves those who are here already within the cap, the second wave of a list when the first was watched (R43)', () => {
    const waves = {
      cap: 10,
      safeWindow: {},
      lists: [
        { id: 'a', existing: 'a', sizes: [15, 20], watch: 3 * DAY },
        { id: 'b', existing: 'b', sizes: [5], watch: DAY },
        { id: 'c', existing: 'c', byHand: 'With the prescriber.' },
      ],
    };
    const existing = [{ id: 'c', count: 7 }];
    const run = dryRunPlan(planOf([{ cohorts: everyone(), waves }], undefined, { existing }), at('2027-02-01T00:00Z'));
    // The ramp is over after six days.
    const days = run.phases[0]?.waves?.waves.map(({ list, number, begins: from, ends, moved }) => [
      list,
      number,
      from?.toISOString().slice(0, 10),
      ends?.toISOString().slice(0, 10),
      moved.map(({ count }) => count),
    ]);
    expect(days).toEqual([
      ['a', 1, '2027-02-07', '2027-02-09', [10, 5]],
      ['a', 2, '2027-02-12', '2027-02-14', [10, 10]],
      ['b', 1, '2027-02-08', '2027-02-09', [5]],
    ]);
    expect(run.phases[0]?.waves?.byHand).toEqual([{ list: 'c', existing: 'c', count: 7, why: 'With the prescriber.' }]);
    expect(run.ends).toEqual({
      ...{ arrivals: at('2027-02-21T00:00Z'), existing: at('2027-02-14T00:00Z'), migration: at('2027-02-21T00:00Z') },
    });
    expect(said(run)).toEqual(expect.arrayContaining(['movedByHand', 'safeWindowsUnknown', 'commitWithoutWaves']));
  });

  it('moves several waves of a list on one day where the cap has room for them, but none with the first (R43)', () => {
    const waves = {
      ...{ cap: 100, safeWindow: {} },
      lists: [
        { id: 'a', existing: 'a', sizes: [10, 20, 30, 90, 5], watch: 2 * DAY },
        { id: 'b', existing: 'b', sizes: [10], watch: DAY },
      ],
    };
    const run = dryRunPlan(planOf([{ cohorts: everyone(), waves }]), at('2027-02-01T00:00Z'));
    const days = run.phases[0]?.waves?.waves.map(({ list, number, moved }) => [
      `${list} ${number}`,
      // On which day, by its end.
      ...moved.map(({ by, count }) => `${by.toISOString().slice(8, 10)}: ${count}`),
    ]);
    expect(days).toEqual([
      ['a 1', '08: 10'],
      ['a 2', '11: 20'],
      ['a 3', '11: 30'],
      ['a 4', '11: 50', '12: 40'],
      ['a 5', '12: 5'],
      ['b 1', '08: 10'],
    ]);
  });

  it('says who is on target by month for five years, the end, and how many months it leaves out', () => {
    const years = (soak: number): DryRun =>
      dryRunPlan(planOf([{ cohorts: everyone(), soak: soak * 365 * DAY }]), at('2027-02-01T00:00Z'));
    const short = years(4);
    // From March of 2027 to February of 2031, and the end.
    expect([short.onTarget.length, short.monthsLeftOut]).toEqual([49, 0]);
    const long = years(50);
    expect([long.onTarget.length, long.onTarget[59]?.by]).toEqual([61, at('2032-02-01T00:00Z')]);
    expect(long.onTarget.at(-1)?.by).toEqual(long.ends.migration);
    // To January of 2077.
    expect(long.monthsLeftOut).toBe(12 * 45 - 1);
  });

  it('dates the runbook from the first step, on the wall clock of the plan’s zone (R42)', () => {
    const task = { what: 'Done.', owner: 'release-managers', evidence: 'A note' };
    const runbook = [
      { ...task, id: 'before', day: -10 },
      { ...task, id: 'on-the-day', day: 10, at: '08:30' },
    ];
    const run = dryRunPlan(planOf([{ cohorts: everyone() }], RELEASE_HOURS, { runbook }), at('2027-03-08T00:00Z'));
    // Day 0 is Tuesday 9 March; ten days later it is summer time.
    expect(run.tasks.map(({ id, at: when, allDay }) => [id, when?.toISOString(), allDay])).toEqual([
      ['before', '2027-02-27T05:00:00.000Z', true],
      ['on-the-day', '2027-03-19T12:30:00.000Z', false],
    ]);
  });
});

describe('what a dry run does not know', () => {
  const start = at('2027-02-01T00:00Z');

  it('is said, never made up: no volume, no number', () => {
    const { plan } = loadPlan(PAYMENT);
    const run = dryRunPlan(plan, start);
    expect(said(run)).toEqual(['everybodyAtOnce', 'noCalendar', 'volumeUnknown']);
    expect(run.phases[0]?.gates.map(({ sight }) => sight.kind)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(run.onTarget.at(-1)?.phases[0]?.arrived).toEqual({ kind: 'unknown', count: null });
  });

  it('is a limit where only the phase’s volume or a number a day is known', () => {
    const ramp: PlanPhase['ramp'] = [
      { perDay: 10, watch: DAY },
      { share: 100_000, watch: DAY },
    ];
    const cohorts: PlanPhase['cohorts'] = [
      { id: 'one', when: { state: ['CO'] } },
      { id: 'other', when: {} },
    ];
    const limited = dryRunPlan(planOf([{ volume: 500, cohorts }]), start);
    expect(limited.phases[0]?.cohorts[0]?.steps[0]?.aDay).toEqual({ kind: 'atMost', count: 50 });
    // Both together are no more than arrive.
    expect(limited.onTarget.at(-1)?.phases[0]?.aDay).toEqual({ kind: 'atMost', count: 500 });
    expect(said(limited)).toContain('volumeAtMost');
    const byNumber = dryRunPlan(planOf([{ cohorts: everyone(), ramp }]), start);
    expect(byNumber.phases[0]?.cohorts[0]?.steps.map(({ aDay }) => aDay)).toEqual([
      { kind: 'atMost', count: 10 },
      { kind: 'unknown', count: null },
    ]);
  });

  it('is any date after a gate that never has enough outcomes', () => {
    const gates = [
      {
        id: 'blind',
        handoff: 'payment-to-provider-routing',
        severity: 'access' as const,
        rule: { kind: 'comparison' as const, margin: 0.1, minimumOutcomes: 100_000 },
      },
    ];
    const ramp = [{ share: 100_000, watch: DAY }];
    const stuck = dryRunPlan(planOf([{ cohorts: everyone(50), gates, ramp }, {}]), start);
    expect(stuck.ends.migration).toBeNull();
    expect(stuck.phases[1]?.asked).toBeNull();
    expect(said(stuck)).toContain('neverDecides');
  });

  it('is how fast cycles come, and is said to make the commit later', () => {
    const soakCycles = [{ id: 'renewals', event: 'payment.succeeded', count: 300 }];
    const run = dryRunPlan(planOf([{ cohorts: everyone(100), soakCycles }]), start);
    expect(said(run)).toContain('cyclesUnknown');
    expect(run.notCarriedOut.map(({ code }) => code)).toContain('WH813');
  });
});

describe('the example', () => {
  it('has a date for all that it says, and a number for everyone who arrives', () => {
    const { plan, warnings } = loadPlan(TELEHEALTH);
    const run = dryRunPlan(plan, at('2027-02-02T14:00Z'));
    expect(warnings).toEqual([]);
    expect(run.ends.migration).not.toBeNull();
    expect(run.tasks.every(({ at: when }) => when !== null)).toBe(true);
    expect(run.phases.flatMap(({ gates }) => gates.filter(({ sight }) => sight.kind !== 'decides'))).toEqual([]);
    expect(run.onTarget.at(-1)?.phases.every(({ arrived }) => arrived.kind === 'expected')).toBe(true);
    expect(said(run)).not.toContain('volumeUnknown');
    // The old contract may end only when everyone has moved.
    const ends = run.tasks.find(({ id }) => id === 'contract-ends')?.at?.getTime() ?? 0;
    expect(ends).toBeGreaterThan(run.ends.existing?.getTime() ?? Infinity);
  });
});
