import { logit, rateOf } from './log-arithmetic';
import { beginBlocks, emptyBlock, fillBlock, type FullBlock, type OutcomeBlocks } from './outcome-blocks';
import { addOutcomes, NO_OUTCOMES, type BothSides, type Outcomes } from './outcomes';
import { beginMixture, logCapital, stepMixture, type MixtureSettings, type RestartMixture } from './restart-mixture';
import { logEValueBeyond } from './two-proportions';

/**
 * Is target's kept rate below legacy's by more than a margin? Evidence since the attempt began. Both rates may change over the day as they
 * like, as long as they change together. Strata (cohorts, say) share the capital, while each keeps its own blocks and its own
 * legacy rate: what they show adds up, and outcomes of different cohorts, at different shares, are never pooled.
 */
export interface ComparisonState {
  mixture: RestartMixture;
  strata: Record<string, OutcomeBlocks>;
}

/** How far below the margin's edge target may be, in log odds: of 0.60, to 0.50, 0.40, 0.17 and 0.02. */
const ALTERNATIVES = [0.4, 0.8, 2, 4.5];

/** Most is laid on what is hardest to see: an outage shows soon whatever is laid on it. A step is a block. */
const SETTINGS: MixtureSettings = { weights: [0.4, 0.36, 0.14, 0.1], reserve: 0.45, halfAge: 400 };

const ONLY_STRATUM = 'all';

/** @param before by stratum, legacy's outcomes of before the phase, if any: a better first guess of its rate, no evidence */
export function beginComparison(before: Readonly<Record<string, Outcomes>> = {}): ComparisonState {
  return {
    mixture: beginMixture(SETTINGS),
    strata: Object.fromEntries(Object.entries(before).map(([stratum, outcomes]) => [stratum, beginBlocks(outcomes)])),
  };
}

/** @param margin from 0 to below 1. @param increment matured since the last look. @param stratum whose outcomes these are */
export function takeComparison(
  margin: number,
  state: ComparisonState,
  increment: BothSides,
  stratum: string = ONLY_STRATUM,
): ComparisonState {
  const [blocks, full] = fillBlock(state.strata[stratum] ?? beginBlocks(knownOfLegacy(state)), increment);
  return {
    mixture: full === null ? state.mixture : stepMixture(state.mixture, SETTINGS, logFactors(full, margin), 1),
    strata: { ...state.strata, [stratum]: blocks },
  };
}

/**
 * The split has changed. A block from before and after would compare hours as well as sides, where the rate changes over the day; at most a few
 * outcomes are lost.
 */
export function newSplit({ mixture, strata }: ComparisonState): ComparisonState {
  return {
    mixture,
    strata: Object.fromEntries(Object.entries(strata).map(([stratum, blocks]) => [stratum, emptyBlock(blocks)])),
  };
}

/** What a stratum that begins late starts from: a first guess of legacy's rate, no evidence. */
function knownOfLegacy({ strata }: ComparisonState): Outcomes {
  return Object.values(strata).reduce((sum, { past }) => addOutcomes(sum, past), NO_OUTCOMES);
}

/** Natural logarithm of the e-value. */
export function comparisonEvidence({ mixture }: ComparisonState): number {
  return logCapital(mixture, SETTINGS);
}

function logFactors({ outcomes, legacyRate }: FullBlock, margin: number): number[] {
  const edge = legacyRate - margin;
  // Nothing can be so far below a rate that is itself within the margin of nought.
  if (edge <= 0) return ALTERNATIVES.map(() => 0);
  return ALTERNATIVES.map((below) =>
    logEValueBeyond(outcomes, { legacy: legacyRate, target: rateOf(logit(edge) - below) }, margin),
  );
}
