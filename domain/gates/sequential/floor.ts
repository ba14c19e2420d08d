import { logit, rateOf } from './log-arithmetic';
import { logLikelihood, total, type Outcomes } from './outcomes';
import { beginMixture, logCapital, stepMixture, type MixtureSettings, type RestartMixture } from './restart-mixture';

/**
 * Is target's kept rate below an absolute floor? The likelihood of lower rates over that of the floor itself, as in a sequential
 * probability ratio test (A. Wald, Sequential Analysis, 1947), over several of them at once.
 */
export type FloorState = RestartMixture;

/** How far below the floor, in log odds. */
const ALTERNATIVES = [0.4, 0.8, 2, 4.5];

/** A step is an outcome. */
const SETTINGS: MixtureSettings = { weights: [0.3, 0.3, 0.2, 0.2], reserve: 0.4, halfAge: 1_000 };

export function beginFloor(): FloorState {
  return beginMixture(SETTINGS);
}

/** @param atLeast the floor, above 0 and below 1. @param increment target's, matured since the last look */
export function takeFloor(atLeast: number, state: FloorState, increment: Outcomes): FloorState {
  const steps = total(increment);
  if (steps === 0) return state;
  const logFactors = ALTERNATIVES.map(
    (below) => logLikelihood(increment, rateOf(logit(atLeast) - below)) - logLikelihood(increment, atLeast),
  );
  return stepMixture(state, SETTINGS, logFactors, steps);
}

/** Natural logarithm of the e-value. */
export function floorEvidence(state: FloorState): number {
  return logCapital(state, SETTINGS);
}
