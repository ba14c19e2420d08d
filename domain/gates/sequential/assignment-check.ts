import { logAdd, logBeta, logit, rateOf } from './log-arithmetic';
import { beginMixture, logCapital, stepMixture, type MixtureSettings, type RestartMixture } from './restart-mixture';

/**
 * Are patients given sides by the declared share (a sample ratio mismatch otherwise)? A skew means that the split itself is broken, and every
 * comparison of its sides with it. Half of the evidence is a Dirichlet mixture (M. Lindon, A. Malek, Anytime-valid inference for multinomial count data,
 * NeurIPS 2022; two sides: beta and binomial), which finds a skew of any size that has been there since the share was declared; half are
 * skewed odds with restarts, which find one that comes later or goes on from share to share.
 *
 * Not for a split by number a day: there no share is declared.
 */
export interface AssignmentState {
  /** Under the share that holds now. */
  current: { share: number; target: number; legacy: number } | null;
  /** Log e-value of the Dirichlet mixtures of the shares before. */
  logEarlier: number;
  mixture: RestartMixture;
}

/** Log odds ratios of the share that is and the share declared: from one too few in twenty to all on one side. */
const SKEWS = [-3, -1, -0.3, -0.1, 0.1, 0.3, 1, 3];

/** A step is a patient. */
const SETTINGS: MixtureSettings = { weights: SKEWS.map(() => 1 / SKEWS.length), reserve: 0.5, halfAge: 1_000 };

/** How sure the Dirichlet mixture is of the declared share, in patients; and at least on each side, or it would take a share of nought for granted. */
const CONCENTRATION = 20;
const LEAST_PRIOR = 0.5;

/** A share of 0 or 1 allows nobody on one side; a likelihood of 0 has no logarithm. */
const LEAST_SHARE = 1e-9;

export function beginAssignmentCheck(): AssignmentState {
  return { current: null, logEarlier: 0, mixture: beginMixture(SETTINGS) };
}

/** @param share of those who arrive, that goes to target: 0 to 1. @param arrived those who were given a side under it since the last look */
export function takeAssignments(
  share: number,
  state: AssignmentState,
  arrived: { target: number; legacy: number },
): AssignmentState {
  const came = arrived.target + arrived.legacy;
  if (came === 0) return state;
  const declared = Math.min(Math.max(share, LEAST_SHARE), 1 - LEAST_SHARE);
  const same = state.current?.share === declared;
  const odds = logit(declared);
  const logFactors = SKEWS.map((skew) => {
    const skewed = rateOf(odds + skew);
    return (
      arrived.target * (Math.log(skewed) - Math.log(declared)) +
      arrived.legacy * (Math.log1p(-skewed) - Math.log1p(-declared))
    );
  });
  return {
    current: {
      share: declared,
      target: (same ? (state.current?.target ?? 0) : 0) + arrived.target,
      legacy: (same ? (state.current?.legacy ?? 0) : 0) + arrived.legacy,
    },
    logEarlier: same ? state.logEarlier : state.logEarlier + logDirichlet(state.current),
    mixture: stepMixture(state.mixture, SETTINGS, logFactors, came),
  };
}

/** Natural logarithm of the e-value. */
export function assignmentEvidence({ current, logEarlier, mixture }: AssignmentState): number {
  return logAdd(logEarlier + logDirichlet(current), logCapital(mixture, SETTINGS)) - Math.log(2);
}

function logDirichlet(current: AssignmentState['current']): number {
  if (current === null) return 0;
  const { share, target, legacy } = current;
  const prior = {
    target: Math.max(CONCENTRATION * share, LEAST_PRIOR),
    legacy: Math.max(CONCENTRATION * (1 - share), LEAST_PRIOR),
  };
  return (
    logBeta(prior.target + target, prior.legacy + legacy) -
    logBeta(prior.target, prior.legacy) -
    target * Math.log(share) -
    legacy * Math.log1p(-share)
  );
}
