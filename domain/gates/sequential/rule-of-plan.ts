import { countedRule, type CountedRule } from '../../plan/counted-rule';
import type { GateRule } from '../../plan/plan-schema';
import { unreachable } from '../../unreachable';
import type { SequentialRule } from './outcome-gate';

/** Rules of a plan that a sequential test can judge; a count of cases and a count of what is open need none. */
export type TestedRule = Exclude<GateRule, { kind: 'zeroTolerance' | 'capacity' }>;

/** Whether a rule is judged by a sequential test: where it can be, unless the plan asks for the plain threshold. */
export function isTested(rule: GateRule): rule is TestedRule {
  if (rule.kind === 'zeroTolerance' || rule.kind === 'capacity') return false;
  return rule.kind === 'ratio' || rule.kind === 'slowerThanLegacy' || rule.test !== 'threshold';
}

/**
 * A comparison, and a ratio alike, has the most of alpha while legacy has outcomes of the same time; the same margin against what legacy's rate was has the
 * rest, and speaks once legacy has drained.
 */
const COMPARED = { comparison: 0.8, baseline: 0.2 };

/**
 * The test of a plan's rule: its floor, or its comparison, has all of alpha. Of a latency, outcomes are the fast ones and the slow ones; of a ratio, those without
 * the event and those with it; of what is slower than legacy, those within one of legacy's times and beyond it: the test is that of each of them.
 * Going on asks for its outcomes, and for the evidence that the plan asks for, with the same alpha.
 * @param alpha the chance of ever rolling back what is healthy by this gate: above 0 and below 1
 * @throws RangeError where a floor of 100% leaves nothing to test: one miss is below it
 */
export function sequentialRuleOf(rule: TestedRule, alpha: number): SequentialRule {
  const counted = countedRule(rule) as Exclude<CountedRule, { kind: 'zeroTolerance' }>;
  const { minimumOutcomes } = counted;
  switch (counted.kind) {
    case 'comparison': {
      const { margin, notWorseBy } = counted;
      return {
        ...{ alpha, minimumOutcomes },
        comparison: { margin, weight: COMPARED.comparison },
        baseline: { margin, weight: COMPARED.baseline },
        ...evidence(alpha, { notWorseBy, above: rule.kind === 'latency' ? rule.above : undefined }),
      };
    }
    case 'ratio': {
      const { event, times } = counted;
      return {
        ...{ alpha, minimumOutcomes },
        ratio: { event, times, weight: COMPARED.comparison },
        baseline: { times, weight: COMPARED.baseline },
      };
    }
    case 'floor':
      if (counted.atLeast >= 1) {
        throw new RangeError(
          "No test knows a floor of 100%: one miss is below it. Write { kind: zeroTolerance, missed: 0 }, or 'test: threshold'.",
        );
      }
      return {
        ...{ alpha, minimumOutcomes },
        floor: { atLeast: counted.atLeast, weight: 1 },
        ...evidence(alpha, { notWorseBy: undefined, above: counted.above }),
      };
    default:
      return unreachable(counted);
  }
}

/** What a step asks to be shown before it ends, where it asks for anything. */
function evidence(
  alpha: number,
  { notWorseBy, above }: { notWorseBy: number | undefined; above: number | undefined },
): Pick<SequentialRule, 'goingOn'> {
  if (notWorseBy === undefined && above === undefined) return {};
  return {
    goingOn: { alpha, ...(notWorseBy !== undefined && { notWorseBy }), ...(above !== undefined && { above }) },
  };
}
