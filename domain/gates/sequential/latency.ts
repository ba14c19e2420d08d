import { beginComparison, comparisonEvidence, takeComparison, type ComparisonState } from './comparison';
import { logSum } from './log-arithmetic';
import type { Outcomes } from './outcomes';

/**
 * Latencies as outcomes: `kept` within the limit, `missed` beyond. With a service level objective as the limit, these go into the floor's test.
 * One latency a patient: several of one person are alike. @param latencies and @param limit in one unit
 */
export function latencyOutcomes(latencies: readonly number[], limit: number): Outcomes {
  const kept = latencies.filter((latency) => latency <= limit).length;
  return { kept, missed: latencies.length - kept };
}

/** Is target slower than legacy, anywhere from the middle to the tail? One comparison for each cut point, and the mean of their e-values. */
export interface LatencyState {
  /** Of legacy before the phase; they stay as they are. */
  cutPoints: readonly number[];
  comparisons: ComparisonState[];
}

const CUT_AT = [0.5, 0.9, 0.99];

/** @param before legacy's latencies of before the phase. @throws RangeError where there are none */
export function beginLatencies(before: readonly number[]): LatencyState {
  if (before.length === 0) {
    throw new RangeError(
      "Legacy's latencies of before the phase are empty: compare with a limit of your own until there are some.",
    );
  }
  const rising = [...before].sort((one, other) => one - other);
  const cutPoints = CUT_AT.map((share) => rising[Math.ceil(share * rising.length) - 1] ?? Infinity);
  return { cutPoints, comparisons: cutPoints.map((limit) => beginComparison({ all: latencyOutcomes(before, limit) })) };
}

/** @param margin what part of target's latencies may lie beyond a cut point more than of legacy's: 0 to below 1 */
export function takeLatencies(
  margin: number,
  { cutPoints, comparisons }: LatencyState,
  increment: { target: readonly number[]; legacy: readonly number[] },
): LatencyState {
  return {
    cutPoints,
    comparisons: comparisons.map((comparison, index) => {
      const limit = cutPoints[index] ?? Infinity;
      const outcomes = {
        target: latencyOutcomes(increment.target, limit),
        legacy: latencyOutcomes(increment.legacy, limit),
      };
      return takeComparison(margin, comparison, outcomes);
    }),
  };
}

/** Natural logarithm of the e-value: a mean of e-values is one, however they depend on each other. */
export function latencyEvidence({ comparisons }: LatencyState): number {
  return logSum(comparisons.map(comparisonEvidence)) - Math.log(comparisons.length);
}
