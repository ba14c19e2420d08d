import { crossing } from '../gates/power/watchers';
import type { Watcher } from '../gates/power/simulate-wait';
import type { BothSides, Outcomes } from '../gates/sequential/outcomes';
import type { CountedRule } from '../plan/counted-rule';
import { unreachable } from '../unreachable';
import { binomialChances, binomialCumulative } from './binomial';

/** A loss that a gate sees is one that it would see this often: the usual power of a test. */
export const SEEN_WITH_CHANCE = 0.8;

export interface OutcomesSeen {
  /** Outcomes on target while the step is watched. */
  during: number;
  /** Outcomes on target in the steps before it, when all was well: the attempt counts them too. */
  before: number;
  /** Outcomes on legacy in the attempt so far. */
  legacy: number;
}

/**
 * The highest kept rate on target that a gate would catch by the end of a step's watch with a chance of 80% or more, where target falls to that rate
 * as the step begins. Null where not even a total outage would be caught.
 *
 * A plain limit is looked at at the end of the watch alone, so the live watch catches no less. A test is given outcomes in the order in which they would come on
 * average, and legacy's as its usual rate has them: about what the live watch catches.
 *
 * @param usual the kept rate when all is well, 0 to 1: of target before the step, and of legacy
 * @param alpha of the gate's test; null where its plain limit counts
 */
export function detectableRate(
  rule: CountedRule,
  usual: number,
  seen: OutcomesSeen,
  alpha: number | null = null,
): number | null {
  const caught = alpha === null ? chanceOfFiring(rule, usual, seen) : chanceOfCrossing(rule, usual, seen, alpha);
  if (caught(0) < SEEN_WITH_CHANCE) return null;
  if (caught(usual) >= SEEN_WITH_CHANCE) return usual;
  let low = 0;
  let high = usual;
  // The chance falls as the rate rises.
  for (let halving = 0; halving < 24; halving += 1) {
    const middle = (low + high) / 2;
    if (caught(middle) >= SEEN_WITH_CHANCE) low = middle;
    else high = middle;
  }
  return low;
}

/** The chance that the test crosses its limit during the step, by the kept rate on target during it. */
function chanceOfCrossing(
  rule: CountedRule,
  usual: number,
  seen: OutcomesSeen,
  alpha: number,
): (rate: number) => number {
  const { during } = seen;
  const crossesWith = (kept: number): boolean => crossesOnAverage(crossing(rule, alpha)(), usual, seen, kept);
  if (!crossesWith(0)) return () => 0;
  // The fewer are kept, the sooner it is crossed.
  let [most, least] = [0, during + 1];
  while (least - most > 1) {
    const middle = Math.floor((most + least) / 2);
    if (crossesWith(middle)) most = middle;
    else least = middle;
  }
  return (rate) => chanceBelow(binomialCumulative(during, rate), most + 1);
}

/** Outcomes come in so many parts before the step, and in as many during it. */
const PARTS = 20;

/** Whether a watcher sees so many kept ones of those that come during the step, each part as the average. */
function crossesOnAverage(
  watcher: Watcher,
  usual: number,
  { during, before, legacy }: OutcomesSeen,
  kept: number,
): boolean {
  const all = before + during;
  const legacyBefore = all === 0 ? 0 : Math.round((legacy * before) / all);
  const parts = [
    ...evenly(
      { kept: Math.round(before * usual), all: before },
      { kept: Math.round(legacyBefore * usual), all: legacyBefore },
    ),
    ...evenly({ kept, all: during }, { kept: Math.round((legacy - legacyBefore) * usual), all: legacy - legacyBefore }),
  ];
  return parts.reduce((seen, part) => watcher(part) || seen, false);
}

interface KeptOf {
  kept: number;
  all: number;
}

function evenly(target: KeptOf, legacy: KeptOf): BothSides[] {
  const upTo = (whole: number, part: number): number => Math.round((whole * part) / PARTS);
  const outcomesIn = ({ kept, all }: KeptOf, part: number): Outcomes => {
    const keptNow = upTo(kept, part + 1) - upTo(kept, part);
    const missedNow = upTo(all - kept, part + 1) - upTo(all - kept, part);
    return { kept: keptNow, missed: missedNow };
  };
  return Array.from({ length: PARTS }, (_, part) => ({
    target: outcomesIn(target, part),
    legacy: outcomesIn(legacy, part),
  }));
}

/** The chance that the limit is crossed when the step is over, by the kept rate on target during it. */
function chanceOfFiring(rule: CountedRule, usual: number, seen: OutcomesSeen): (rate: number) => number {
  const { during, before, legacy } = seen;
  const keptBefore = before * usual;
  const all = before + during;
  switch (rule.kind) {
    case 'floor': {
      if (all < rule.minimumOutcomes) return () => 0;
      const below = rule.atLeast * all - keptBefore;
      return (rate) => chanceBelow(binomialCumulative(during, rate), below);
    }
    case 'zeroTolerance': {
      const counted = ofTheFirst(rule.ofFirst, seen);
      const missedBefore = counted.before * (1 - usual);
      const kept = counted.during - (rule.missed - missedBefore);
      return (rate) => chanceBelow(binomialCumulative(counted.during, rate), kept);
    }
    case 'comparison': {
      if (all < rule.minimumOutcomes || legacy < rule.minimumOutcomes) return () => 0;
      const onLegacy = binomialChances(legacy, usual);
      return (rate) => {
        const onTarget = binomialCumulative(during, rate);
        return onLegacy.reduce(
          (sum, chance, kept) =>
            chance < 1e-12
              ? sum
              : sum + chance * chanceBelow(onTarget, all * (kept / legacy - rule.margin) - keptBefore),
          0,
        );
      };
    }
    case 'ratio':
      // No plain limit crosses it, and its test looks at other outcomes than kept ones.
      return () => 0;
    default:
      return unreachable(rule);
  }
}

/** How many of them a rule about the first so many counts. */
function ofTheFirst(
  first: number | undefined,
  { before, during }: OutcomesSeen,
): Pick<OutcomesSeen, 'before' | 'during'> {
  const most = first ?? Infinity;
  return { before: Math.min(before, most), during: Math.min(during, Math.max(0, most - before)) };
}

/** P(X < limit), the limit being any number. Sums of rates that stand for whole numbers are taken for them. */
function chanceBelow(cumulative: Float64Array, limit: number): number {
  const most = Math.min(cumulative.length - 1, Math.ceil(limit - 1e-9) - 1);
  return most < 0 ? 0 : (cumulative[most] ?? 1);
}

/**
 * The share of time in which a watch of this length would have had fewer than `minimum` outcomes, over every moment at which it could have begun.
 * Null where the history is no longer than the watch.
 *
 * @param outcomes moments, sorted
 */
export function blindShare(
  outcomes: readonly number[],
  minimum: number,
  watch: number,
  firstAt: number,
  lastAt: number,
): number | null {
  const lastBegin = lastAt - watch;
  if (lastBegin <= firstAt) return null;
  let blind = 0;
  let from = firstAt;
  // A watch that begins after the outcome before number i, and not after it, sees `minimum` of them if it lasts until number i + minimum − 1.
  for (let index = 0; from < lastBegin; index += 1) {
    const until = Math.min(lastBegin, outcomes[index] ?? Infinity);
    const enoughAt = outcomes[index + minimum - 1] ?? Infinity;
    if (until > from) blind += Math.max(0, Math.min(until, enoughAt - watch) - from);
    from = Math.max(from, until);
  }
  return blind / (lastBegin - firstAt);
}

/** Outcomes of one watch after the other, in the middle; the last is left out where the history ends in it. Null where it is no longer than one. */
export function medianOutcomes(
  outcomes: readonly number[],
  watch: number,
  firstAt: number,
  lastAt: number,
): number | null {
  const windows = Math.floor((lastAt - firstAt) / watch);
  if (windows === 0) return null;
  const counts = new Map<number, number>();
  for (const at of outcomes) {
    const window = Math.floor((at - firstAt) / watch);
    if (window < windows) counts.set(window, (counts.get(window) ?? 0) + 1);
  }
  const sorted = [...counts.values()].sort((a, b) => a - b);
  // Windows without an outcome are not listed, and come before all others.
  return sorted[Math.floor((windows - 1) / 2) - (windows - sorted.length)] ?? 0;
}
