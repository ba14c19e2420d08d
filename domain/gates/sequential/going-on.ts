import { logit, rateOf } from './log-arithmetic';
import { beginBlocks, fillBlock, type OutcomeBlocks } from './outcome-blocks';
import { logLikelihood, total, type BothSides, type Outcomes } from './outcomes';
import { beginMixture, logCapital, stepMixture, type MixtureSettings, type RestartMixture } from './restart-mixture';
import { logEValueWithin } from './two-proportions';

/**
 * Going on needs evidence too: that target's kept rate is not below legacy's by as much as a margin. The comparison in the mirror, against
 * the hypothesis that it is. The one alternative is that both rates are the same; a target that is better shows all the sooner. Nothing is
 * held in reserve and nothing starts again: it is on all outcomes of an epoch that one goes on.
 */
export interface NotWorseState {
  blocks: OutcomeBlocks;
  /** Natural logarithm of the e-value. */
  logEvidence: number;
}

/** @param before legacy's outcomes of before, if any: a better first guess of its rate, no evidence */
export function beginNotWorse(before?: Outcomes): NotWorseState {
  return { blocks: beginBlocks(before), logEvidence: 0 };
}

/** @param margin above 0 and below 1. @param increment matured since the last look */
export function takeNotWorse(margin: number, state: NotWorseState, increment: BothSides): NotWorseState {
  const [blocks, full] = fillBlock(state.blocks, increment);
  if (full === null) return { ...state, blocks };
  const same = { target: full.legacyRate, legacy: full.legacyRate };
  return { blocks, logEvidence: state.logEvidence + logEValueWithin(full.outcomes, same, margin) };
}

/** That target's kept rate is above a floor, against the hypothesis that it is not: the floor's test in the mirror. */
export type AboveFloorState = RestartMixture;

/** How far above the floor, in log odds. */
const ALTERNATIVES = [0.2, 0.5, 1, 2];

const SETTINGS: MixtureSettings = { weights: [0.25, 0.25, 0.25, 0.25], reserve: 0, halfAge: 1 };

export function beginAboveFloor(): AboveFloorState {
  return beginMixture(SETTINGS);
}

/** @param atLeast the floor, above 0 and below 1. @param increment target's, matured since the last look */
export function takeAboveFloor(atLeast: number, state: AboveFloorState, increment: Outcomes): AboveFloorState {
  const steps = total(increment);
  if (steps === 0) return state;
  const logFactors = ALTERNATIVES.map(
    (above) => logLikelihood(increment, rateOf(logit(atLeast) + above)) - logLikelihood(increment, atLeast),
  );
  return stepMixture(state, SETTINGS, logFactors, steps);
}

/** Natural logarithm of the e-value. */
export function aboveFloorEvidence(state: AboveFloorState): number {
  return logCapital(state, SETTINGS);
}
