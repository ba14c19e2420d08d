import { beginCounts, countEvidence, takeCountsAgainstLegacy, type CountState } from './counts';
import { freezeBaselineBy, type FrozenBaselineState } from './frozen-baseline';
import { beginBlocks, emptyBlock, fillBlock, type OutcomeBlocks } from './outcome-blocks';
import { total, type BothSides, type Outcomes } from './outcomes';

/**
 * Does something that should be rare come more than so many times as often on target as on legacy? Outcomes without it are the kept ones here, and those
 * with it the missed ones, each patient's journey once. Both rates may change over the day as they like, as long as they change together. Strata are never pooled.
 */
export interface RatioState {
  counts: CountState;
  strata: Record<string, OutcomeBlocks>;
}

export function beginRatio(): RatioState {
  return { counts: beginCounts(), strata: {} };
}

/**
 * Outcomes wait for a block with some of either side: with one side alone all come from there, whatever its rate.
 * @param times what is allowed: 1 and more. @param increment matured since the last look. @param stratum whose outcomes these are
 */
export function takeRatio(times: number, state: RatioState, increment: BothSides, stratum: string): RatioState {
  const [blocks, full] = fillBlock(state.strata[stratum] ?? beginBlocks(), increment);
  const strata = { ...state.strata, [stratum]: blocks };
  if (full === null) return { ...state, strata };
  const { target, legacy } = full.outcomes;
  return { counts: takeCountsAgainstLegacy(times - 1, state.counts, countOf(target), countOf(legacy)), strata };
}

function countOf(outcomes: Outcomes): { count: number; exposure: number } {
  return { count: outcomes.missed, exposure: total(outcomes) };
}

/** The split has changed: as of a comparison, no block is of both sides of it. */
export function ratioOfNewSplit({ counts, strata }: RatioState): RatioState {
  return {
    counts,
    strata: Object.fromEntries(Object.entries(strata).map(([stratum, blocks]) => [stratum, emptyBlock(blocks)])),
  };
}

/** Natural logarithm of the e-value. */
export function ratioEvidence({ counts }: RatioState): number {
  return countEvidence(counts);
}

/** Legacy has drained: target may have it so many times as often as legacy had. @param legacy its outcomes of the attempt */
export function freezeRatio(times: number, legacy: Outcomes): FrozenBaselineState {
  return freezeBaselineBy(legacy, (without) => 1 - times * (1 - without));
}

/**
 * Whether target's outcomes are, as they stand, within so many times legacy's. One alone is no ratio: where there is none on legacy, or hardly any, one on
 * target is within, and two are not.
 * @param legacy one outcome or more
 */
export function isWithin(times: number, target: Outcomes, legacy: Outcomes): boolean {
  return target.missed <= Math.max(1, (times * legacy.missed * total(target)) / total(legacy) + NOISE);
}

/** Rates are not exact in binary. */
const NOISE = 1e-9;
