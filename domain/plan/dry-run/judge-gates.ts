import type { Milliseconds } from '../../time/duration';
import { countedRule, type CountedRule } from '../counted-rule';
import type { Plan, PlanGate, PlanPhase, RollbackRule } from '../plan-schema';
import { seenFall } from '../volume/seen-fall';
import { timeToDecide, watchedSteps, type WatchedStep } from '../volume/watched-steps';

/** Whether a gate has enough outcomes at the volume that is expected, in the step in which it takes longest. */
export type GateSight =
  | { kind: 'unknown' }
  | { kind: 'decides'; cohort: string; step: number; takes: Milliseconds }
  /** After `patience` a person is asked; until then it sees a fall of the kept rate to `sees` and nothing smaller, null: no fall at all. */
  | {
      kind: 'asksPeople';
      cohort: string;
      step: number;
      takes: Milliseconds | null;
      patience: Milliseconds;
      sees: number | null;
    };

export interface GateAtVolume extends PlanGate {
  sight: GateSight;
  /** What is done when its limit is crossed. */
  answer: Pick<RollbackRule, 'id' | 'action' | 'agreedBy'> | null;
}

export function judgeGates(plan: Plan, phase: PlanPhase): GateAtVolume[] {
  return phase.gates.map((gate) => {
    const answer = plan.rollbackRules.find((rule) => rule.phase === phase.id && rule.gate === gate.id);
    return {
      ...gate,
      sight: sightAtVolume(phase, countedRule(gate.rule), gate.source),
      answer: answer === undefined ? null : { id: answer.id, action: answer.action, agreedBy: answer.agreedBy },
    };
  });
}

/** What is open says nothing of outcomes, so their volume says nothing of it. */
function sightAtVolume(phase: PlanPhase, rule: CountedRule | undefined, source: PlanGate['source']): GateSight {
  return rule === undefined ? { kind: 'unknown' } : sightOf(rule, [...watchedSteps(phase, rule, source)]);
}

function sightOf(rule: CountedRule, steps: readonly WatchedStep[]): GateSight {
  const [first, ...others] = steps;
  if (first === undefined) return { kind: 'unknown' };
  const beyond = (step: WatchedStep): number => timeToDecide(rule, step) - step.patience;
  const longest = (of: (step: WatchedStep) => number): WatchedStep =>
    others.reduce((worst, step) => (of(step) > of(worst) ? step : worst), first);
  const late = longest(beyond);
  if (beyond(late) > 0) {
    const takes = timeToDecide(rule, late);
    return {
      kind: 'asksPeople',
      cohort: late.cohort,
      step: late.number,
      takes: Number.isFinite(takes) ? takes : null,
      patience: late.patience,
      sees: seenFall(rule, late),
    };
  }
  const slow = longest((step) => timeToDecide(rule, step));
  return { kind: 'decides', cohort: slow.cohort, step: slow.number, takes: timeToDecide(rule, slow) };
}
