import type { Plan, PlanGate, PlanPhase, RampStep, RollbackRule } from '../../domain/plan/plan-schema';
import { BUCKETS } from '../../domain/plan/schema/values';
import { judgedRule, type JudgedRule } from '../../domain/gates/gate-state';
import { falseRollbacksOf, testedOf } from '../../domain/gates/false-rollbacks';
import type { WatchStep } from '../phase-activities';
import type { ObservedSplit } from '../traffic/traffic-router';
import type { TellingBeside } from './telling-beside';

/** One step that is watched, with what its plan says of it. */
export interface WatchedStep {
  watch: WatchStep;
  plan: Plan;
  phase: PlanPhase;
  rules: readonly RollbackRule[];
  /** Of the phase's gates, in their order. */
  judged: readonly JudgedRule[];
  telling: TellingBeside;
}

/** A gate of a watched step at one look. */
export interface WatchedGate {
  step: WatchedStep;
  gate: PlanGate;
  rule: JudgedRule;
  /** First epoch of the attempt. */
  attemptEpoch: number;
  /** Whether nobody new goes to legacy. */
  drained: boolean;
}

export function judgedRules(phase: PlanPhase): JudgedRule[] {
  return phase.gates.map(({ rule }) => judgedRule(rule, falseRollbacksOf(phase), testedOf(phase)));
}

export function gatesOf(step: WatchedStep, split: ObservedSplit | undefined): WatchedGate[] {
  const { watch, phase, judged } = step;
  const attemptEpoch = split?.attemptEpoch ?? watch.epoch;
  const drained =
    split !== undefined && (split.mode === 'committed' || (split.share >= BUCKETS && split.perDay === null));
  return phase.gates.map((gate, index) => {
    const rule = judged[index];
    if (rule === undefined) throw new Error('There is a rule for each gate.');
    return { step, gate, rule, attemptEpoch, drained };
  });
}

/** The ramp's step that is watched; undefined: the soak. */
export function rampStepOf({ watch, phase }: Pick<WatchedStep, 'watch' | 'phase'>): RampStep | undefined {
  const own = phase.cohorts.find(({ id }) => id === watch.cohort)?.ramp;
  return (own ?? phase.ramp)[watch.step];
}
