import type { Decision, Rule } from './rule';

/** Hard-coded in its judge. */
const QUANTILE = 2.3263; // of confidence 0.98, two-sided
const TOLERANCE = 0.25;
/** Of its root finder. */
const PRECISION = 1e-4;

/** One data point a minute that had any, as [value, how many], by rising value. */
type Points = [number, number][];

/**
 * Spinnaker's Kayenta (NetflixACAJudge, MannWhitneyClassifier, MannWhitney.scala): each hour all minutes' kept rates so far, target's and baseline's, by the
 * Mann-Whitney test's interval for their shift; `Low`, and a score of 0, where all of it lies below −0.25 times the shift that it estimates. Without data the score is 0
 * as well. Where every point is the same the test cannot be computed, and nothing follows.
 */
export const kayenta: Rule = {
  name: 'Kayenta, hourly',
  decide: (stream): Decision => {
    const target = new Map<number, number>();
    const legacy = new Map<number, number>();
    for (let minute = 0; minute < stream.length / 4; minute += 1) {
      count(target, stream[4 * minute] ?? 0, stream[4 * minute + 1] ?? 0);
      count(legacy, stream[4 * minute + 2] ?? 0, stream[4 * minute + 3] ?? 0);
      if (minute % 60 < 59) continue;
      if (target.size === 0 || legacy.size === 0 || isLow(sorted(target), sorted(legacy))) {
        return { rollsBackAfter: minute, goesOn: false };
      }
    }
    return { rollsBackAfter: null, goesOn: true };
  },
};

function count(points: Map<number, number>, kept: number, missed: number): void {
  if (kept + missed === 0) return;
  const rate = kept / (kept + missed);
  points.set(rate, (points.get(rate) ?? 0) + 1);
}

function sorted(points: ReadonlyMap<number, number>): Points {
  return [...points].sort(([one], [other]) => one - other);
}

function isLow(target: Points, legacy: Points): boolean {
  const statistic = statisticOf(target, legacy);
  // Most often none of the interval is below nought, and one look tells.
  if (!(statistic(0) < -QUANTILE)) return false;
  const lowest = (target[0]?.[0] ?? 0) - (legacy.at(-1)?.[0] ?? 0);
  const highest = (target.at(-1)?.[0] ?? 0) - (legacy[0]?.[0] ?? 0);
  const root = (quantile: number): number => {
    if (statistic(lowest) <= quantile) return lowest;
    if (statistic(highest) >= quantile) return highest;
    let [low, high] = [lowest, highest];
    while (high - low > PRECISION) {
      const middle = (low + high) / 2;
      if (statistic(middle) > quantile) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return root(-QUANTILE) < -TOLERANCE * Math.abs(root(0));
}

/** Of target's points less a shift against legacy's, with correction for continuity and ties. NaN where all are the same. */
function statisticOf(target: Points, legacy: Points): (shift: number) => number {
  const n = sumOf(target, (times) => times);
  const m = sumOf(legacy, (times) => times);
  const tied = sumOf(target, tiesOf) + sumOf(legacy, tiesOf);
  return (shift) => {
    let above = 0;
    let ties = tied;
    let passed = 0;
    let at = 0;
    for (const [value, times] of target) {
      while (at < legacy.length && (legacy[at]?.[0] ?? 0) < value - shift) passed += legacy[at++]?.[1] ?? 0;
      const same = legacy[at]?.[0] === value - shift ? (legacy[at]?.[1] ?? 0) : 0;
      above += times * (passed + same / 2);
      ties += tiesOf(same + times) - tiesOf(same) - tiesOf(times);
    }
    const centred = above - (n * m) / 2;
    const spread = Math.sqrt(((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1))));
    return spread === 0 ? NaN : (centred - Math.sign(centred) * 0.5) / spread;
  };
}

function sumOf(points: Points, of: (times: number) => number): number {
  return points.reduce((sum, [, times]) => sum + of(times), 0);
}

function tiesOf(times: number): number {
  return times ** 3 - times;
}
