import type { GateRule } from '../../plan/plan-schema';
import { unreachable } from '../../unreachable';
import type { SequentialRule } from './outcome-gate';

/** Rules of a plan that sequential tests judge; zero tolerance is a count of cases, and needs none. */
export type TestedRule = Exclude<GateRule, { kind: 'zeroTolerance' }>;

/**
 * The test of a plan's rule: its margin or floor has all of alpha; going on asks for its outcomes, and for no evidence besides.
 * @param alpha the chance of ever rolling back what is healthy by this gate: above 0 and below 1. A plan has no field for it
 * @throws RangeError where a floor of 100% leaves nothing to test: one miss is below it
 */
export function sequentialRuleOf(rule: TestedRule, alpha: number): SequentialRule {
  const { minimumOutcomes } = rule;
  switch (rule.kind) {
    case 'comparison':
      return { alpha, minimumOutcomes, comparison: { margin: rule.margin, weight: 1 } };
    case 'floor':
      if (rule.atLeast >= 1) {
        throw new RangeError(
          'No test knows a floor of 100%: one miss is below it. Write { kind: zeroTolerance, missed: 0 }.',
        );
      }
      return { alpha, minimumOutcomes, floor: { atLeast: rule.atLeast, weight: 1 } };
    default:
      return unreachable(rule);
  }
}
