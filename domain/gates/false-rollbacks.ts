import type { GateRule } from '../plan/plan-schema';
import { isTested } from './sequential/rule-of-plan';

/** What a phase allows itself where its plan does not say: that a cohort that is healthy is ever rolled back in one attempt, by all its tests together. */
export const FALSE_ROLLBACKS = 0.05;

/** What the phase's gates allow themselves together. */
export function falseRollbacksOf(phase: { readonly falseRollbacks?: number | undefined }): number {
  return phase.falseRollbacks ?? FALSE_ROLLBACKS;
}

/** How many of a phase's gates share that, equally. */
export function testedOf({ gates }: { readonly gates: readonly { readonly rule: GateRule }[] }): number {
  return gates.filter(({ rule }) => isTested(rule)).length;
}
