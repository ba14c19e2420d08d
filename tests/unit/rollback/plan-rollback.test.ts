import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { PlanPhase } from '../../../domain/plan/plan-schema';
import { planRollback, type RollbackFacts } from '../../../domain/rollback/plan-rollback';

/** In flight: otherwise bringBack; paid bringBack; in-review finish; prescription-sent finish. */
function phaseWith(change: (phase: PlanPhase) => void = () => undefined): PlanPhase {
  const { plan } = loadPlan(readFileSync(join(__dirname, '..', '..', 'fixtures', 'plans', 'payment.yaml'), 'utf8'));
  const [phase] = plan.phases;
  if (phase === undefined) throw new Error('The fixture plan has no phase.');
  change(phase);
  return phase;
}

const cohort = 'pilot-states';
const queue = 'payment-not-routed';

type People = readonly { milestone: string | null; people: number; paused?: number; cases?: number }[];

function groups(people: People): RollbackFacts['inFlight'] {
  return people.map(({ milestone, people: count, paused = 0, cases = count }) => ({
    ...{ milestone, people: count, paused, cases },
    newCases: cases - paused,
  }));
}

function planned(
  inFlight: People,
  phase = phaseWith(),
  scope: 'phase' | 'step' | 'cohort' = 'phase',
  other: Partial<RollbackFacts> = {},
) {
  return planRollback(
    {
      ...{ cohort, scope, from: 25_000, to: 0, byHand: false, elsewhere: [], queue: { open: 0 } },
      ...other,
      inFlight: groups(inFlight),
    },
    phase,
  );
}

describe('the list of what a rollback does', () => {
  it('lowers traffic first, then leaves and brings back people in journey order, then opens the split', () => {
    const inFlight = [
      { milestone: 'in-review', people: 2 },
      { milestone: 'paid', people: 5 },
      { milestone: null, people: 3 },
    ];
    expect(planned(inFlight)).toEqual([
      { kind: 'lowerSplit', cohort, from: 25_000, to: 0 },
      { kind: 'leaveToFinish', cohort, milestone: 'in-review', people: 2 },
      { kind: 'bringBack', cohort, milestone: null, people: 3, queue },
      { kind: 'bringBack', cohort, milestone: 'paid', people: 5, queue },
      { kind: 'reopenSplit', cohort },
    ]);
  });

  it('I1 names every group that comes back although nobody is in it yet, so that who gets there meanwhile is met', () => {
    expect(planned([{ milestone: null, people: 1 }]).filter(({ kind }) => kind === 'bringBack')).toEqual([
      { kind: 'bringBack', cohort, milestone: null, people: 1, queue },
      { kind: 'bringBack', cohort, milestone: 'paid', people: 0, queue },
    ]);
    const onlyLast = phaseWith(({ inFlight }) => {
      inFlight.otherwise = 'finish';
      for (const milestone of inFlight.milestones)
        milestone.policy = milestone.id === 'prescription-sent' ? 'bringBack' : 'finish';
    });
    expect(planned([{ milestone: 'paid', people: 4 }], onlyLast)).toEqual([
      { kind: 'lowerSplit', cohort, from: 25_000, to: 0 },
      { kind: 'leaveToFinish', cohort, milestone: 'paid', people: 4 },
      { kind: 'bringBack', cohort, milestone: 'prescription-sent', people: 0, queue },
      { kind: 'reopenSplit', cohort },
    ]);
  });

  it('brings nobody back by one step, nor where the plan lets everyone finish', () => {
    const inFlight = [
      { milestone: null, people: 3 },
      { milestone: 'paid', people: 5 },
    ];
    const stay = [
      { kind: 'lowerSplit', cohort, from: 25_000, to: 0 },
      { kind: 'leaveToFinish', cohort, milestone: null, people: 3 },
      { kind: 'leaveToFinish', cohort, milestone: 'paid', people: 5 },
    ];
    expect(planned(inFlight, phaseWith(), 'step')).toEqual(stay);
    const everyoneFinishes = phaseWith((phase) => {
      phase.inFlight = { otherwise: 'finish', milestones: phase.inFlight.milestones };
      for (const milestone of phase.inFlight.milestones) milestone.policy = 'finish';
    });
    expect(planned(inFlight, everyoneFinishes)).toEqual(stay);
  });

  it('lets those wait whom the plan says so of, but for those who wait already', () => {
    const phase = phaseWith(({ inFlight }) => {
      inFlight.otherwise = 'pause';
    });
    const people = [
      { milestone: null, people: 4, paused: 1 },
      { milestone: 'paid', people: 2, paused: 1 },
    ];
    expect(planned(people, phase)).toEqual([
      { kind: 'lowerSplit', cohort, from: 25_000, to: 0 },
      { kind: 'pause', cohort, milestone: null, people: 3, waiting: 1, queue },
      { kind: 'bringBack', cohort, milestone: 'paid', people: 2, queue },
      { kind: 'reopenSplit', cohort },
    ]);
  });

  it('brings nobody back from past return, or from further on, whatever was stored of them', () => {
    const phase = phaseWith(({ inFlight }) => {
      for (const milestone of inFlight.milestones) milestone.policy = 'bringBack';
      const [, inReview] = inFlight.milestones;
      if (inReview !== undefined) inReview.pastReturn = true;
    });
    const people = ['paid', 'in-review', 'prescription-sent'].map((milestone) => ({ milestone, people: 2 }));
    const because = 'pastReturn';
    const expected = [
      { kind: 'leaveToFinish', cohort, milestone: 'in-review', people: 2, because },
      { kind: 'leaveToFinish', cohort, milestone: 'prescription-sent', people: 2, because },
      { kind: 'bringBack', cohort, milestone: null, people: 0, queue },
      { kind: 'bringBack', cohort, milestone: 'paid', people: 2, queue },
    ];
    expect(planned(people, phase).slice(1, -1)).toEqual(expected);
    expect(planned(people, phase, 'cohort', { byHand: true }).slice(1, -1)).toEqual(expected);
  });
});

describe('a queue that cannot hold all the cases', () => {
  const people = [
    { milestone: null, people: 3 },
    { milestone: 'paid', people: 5, cases: 6 },
    { milestone: 'in-review', people: 2 },
  ];

  it('gets none of them: everyone finishes, and a page says how many and why, after traffic was lowered', () => {
    expect(planned(people, phaseWith(), 'phase', { queue: { capacity: 20, open: 12 } })).toEqual([
      { kind: 'lowerSplit', cohort, from: 25_000, to: 0 },
      { kind: 'leaveToFinish', cohort, milestone: null, people: 3, because: 'queueFull' },
      { kind: 'leaveToFinish', cohort, milestone: 'paid', people: 5, because: 'queueFull' },
      { kind: 'leaveToFinish', cohort, milestone: 'in-review', people: 2 },
      { kind: 'queueFull', cohort, people: 8, queue, cases: 9, room: 8 },
      { kind: 'reopenSplit', cohort },
    ]);
    expect(
      planned(people, phaseWith(), 'phase', { queue: { capacity: 20, open: 11 } }).map(({ kind }) => kind),
    ).toEqual([...['lowerSplit', 'leaveToFinish', 'bringBack', 'bringBack', 'reopenSplit']]);
  });

  it('is judged by all cohorts that go back together, the same whichever is first', () => {
    const elsewhere = groups([{ milestone: null, people: 4 }]);
    const full = { queue: { capacity: 12, open: 0 }, elsewhere };
    expect(planned(people, phaseWith(), 'phase', full)).toContainEqual(
      expect.objectContaining({ kind: 'queueFull', people: 8, cases: 13, room: 12 }),
    );
    // The other has brought back two of its four meanwhile: what is open has grown by what is left to make.
    const later = { queue: { capacity: 12, open: 2 }, elsewhere: groups([{ milestone: null, people: 2 }]) };
    expect(planned(people, phaseWith(), 'phase', later)).toContainEqual(
      expect.objectContaining({ kind: 'queueFull', people: 8, cases: 11, room: 10 }),
    );
    const fits = { queue: { capacity: 13, open: 0 }, elsewhere };
    expect(planned(people, phaseWith(), 'phase', fits).some(({ kind }) => kind === 'queueFull')).toBe(false);
  });

  it('does not hinder one step back, which moves nobody', () => {
    const step = planned(people, phaseWith(), 'step', { queue: { capacity: 1, open: 1 } });
    expect(step.map(({ kind }) => kind)).toEqual(['lowerSplit', 'leaveToFinish', 'leaveToFinish', 'leaveToFinish']);
  });

  it('is filled by hand, those who got least far first', () => {
    const byHand = planned(people, phaseWith(), 'cohort', { byHand: true, queue: { capacity: 10, open: 5 } });
    expect(byHand).toEqual([
      { kind: 'lowerSplit', cohort, from: 25_000, to: 0 },
      { kind: 'leaveToFinish', cohort, milestone: 'paid', people: 3, because: 'queueFull' },
      { kind: 'leaveToFinish', cohort, milestone: 'in-review', people: 2, because: 'queueFull' },
      { kind: 'bringBack', cohort, milestone: null, people: 3, queue, within: 10 },
      { kind: 'bringBack', cohort, milestone: 'paid', people: 2, queue, within: 10 },
      { kind: 'bringBack', cohort, milestone: 'in-review', people: 0, queue, within: 10 },
      { kind: 'bringBack', cohort, milestone: 'prescription-sent', people: 0, queue, within: 10 },
      { kind: 'reopenSplit', cohort },
    ]);
  });
});
