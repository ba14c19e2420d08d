import { wholeCutover } from '../../../../domain/gates/power/whole-cutover';
import { loadPlan } from '../../../../domain/plan/load-plan';
import type { PlanPhase } from '../../../../domain/plan/plan-schema';
import { PAYMENT } from '../../plan/plan-texts';

const { plan } = loadPlan(PAYMENT);

function phaseOf(change: Partial<PlanPhase>): PlanPhase {
  const [phase] = plan.phases;
  if (phase === undefined) throw new Error('It has a phase.');
  return { ...phase, ...change };
}

const whole = (...phases: PlanPhase[]): ReturnType<typeof wholeCutover> => wholeCutover({ phases });

describe('a whole cutover', () => {
  it('adds up what each cohort of each phase is allowed, and 5% where nothing is said', () => {
    expect(whole(phaseOf({}))).toEqual({ attempts: 2, falseRollbacks: 0.1, each: 0.025 });
    expect(whole(phaseOf({}), phaseOf({ falseRollbacks: 0.01 }))).toEqual({
      attempts: 4,
      falseRollbacks: expect.closeTo(0.12),
      each: 0.0125,
    });
  });

  it('leaves out who stays on legacy, and phases whose gates are not tested', () => {
    const [first, ...others] = phaseOf({}).cohorts;
    if (first === undefined) throw new Error('It has cohorts.');
    const cohorts = [{ ...first, staysOnLegacy: 'NO-LICENCE' }, ...others] as PlanPhase['cohorts'];
    expect(whole(phaseOf({ cohorts }))?.attempts).toBe(1);
    const counted = phaseOf({}).gates.map((gate) => ({
      ...gate,
      rule: { kind: 'zeroTolerance' as const, missed: 0, minimumOutcomes: 1 },
    }));
    expect(whole(phaseOf({ gates: counted }))).toBeUndefined();
  });

  it('is no bound any more once it adds up to all of them', () => {
    const many = Array.from({ length: 20 }, () => phaseOf({}));
    expect(whole(...many)?.falseRollbacks).toBe(1);
  });
});
