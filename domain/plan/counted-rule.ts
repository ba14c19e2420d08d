import { unreachable } from '../unreachable';
import type { GateRule } from './plan-schema';

/** Rules that are judged on kept and missed outcomes, or on those without an event and those with it. */
export type CountedRule = Extract<GateRule, { kind: 'floor' | 'comparison' | 'zeroTolerance' | 'ratio' }>;

/** Those on how many are kept. */
export type KeptRule = Exclude<CountedRule, { kind: 'ratio' }>;

/** Whether a rule compares target with legacy, and waits for outcomes of both. */
export function comparesSides({ kind }: Pick<CountedRule, 'kind'>): boolean {
  return kind === 'comparison' || kind === 'ratio';
}

/**
 * A rule as it looks at outcomes. A latency is a rate of those that were fast enough: a floor, or a comparison where it has a margin; whoever counts for it
 * counts a slow one as missed, and for a ratio, one whose journey had its event. Slower than legacy is a comparison at each time of legacy's. Undefined for a capacity, which
 * looks at what is open.
 */
export function countedRule(rule: GateRule): CountedRule | undefined {
  switch (rule.kind) {
    case 'floor':
    case 'comparison':
    case 'zeroTolerance':
    case 'ratio':
      return rule;
    case 'latency':
      return rateOfFastOnes(rule);
    case 'slowerThanLegacy':
      return { ...rule, kind: 'comparison' };
    case 'capacity':
      return undefined;
    default:
      return unreachable(rule);
  }
}

function rateOfFastOnes({
  percentile,
  margin,
  minimumOutcomes,
  test,
  above,
}: Extract<GateRule, { kind: 'latency' }>): CountedRule {
  const how = { minimumOutcomes, ...(test !== undefined && { test }) };
  if (margin !== undefined) return { kind: 'comparison', margin, ...how };
  // Percentages have few decimals, and a hundredth of them is not exact in binary.
  const atLeast = Number((percentile / 100).toFixed(12));
  return { kind: 'floor', atLeast, ...how, ...(above !== undefined && { above }) };
}
