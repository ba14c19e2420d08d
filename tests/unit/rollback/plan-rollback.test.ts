import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { PlanPhase } from '../../../domain/plan/plan-schema';
import { planRollback, type InFlight } from '../../../domain/rollback/plan-rollback';

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

function planned(inFlight: InFlight, phase = phaseWith(), scope: 'phase' | 'step' = 'phase') {
  return planRollback({ cohort, scope, from: 25_000, to: 0, inFlight }, phase);
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
});
