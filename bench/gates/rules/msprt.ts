import { Tally, type Rule } from './rule';

/**
 * The mixture sequential probability ratio test of R. Johari, L. Pekelis, D. Walsh, Always valid inference, arXiv 1512.04922: the difference of both rates, normal with their pooled
 * variance, under a normal mixture of differences with standard deviation `tau`. Looked at each minute; acts where target is the worse one.
 */
export function msprt(tau: number, alpha: number): Rule {
  return {
    name: `mSPRT, τ ${tau.toFixed(2)}`,
    decide: (stream) => {
      const sums = new Tally();
      for (let minute = 0; minute < stream.length / 4; minute += 1) {
        sums.add(stream, minute);
        if (logRatio(sums, tau) >= -Math.log(alpha)) return { rollsBackAfter: minute, goesOn: false };
      }
      return { rollsBackAfter: null, goesOn: false };
    },
  };
}

function logRatio({ kept, legacyKept, onTarget, onLegacy }: Tally, tau: number): number {
  if (onTarget === 0 || onLegacy === 0) return 0;
  const pooled = (kept + legacyKept) / (onTarget + onLegacy);
  const variance = pooled * (1 - pooled) * (1 / onTarget + 1 / onLegacy);
  const below = legacyKept / onLegacy - kept / onTarget;
  if (below <= 0 || variance === 0) return 0;
  const total = variance + tau ** 2;
  return 0.5 * Math.log(variance / total) + (tau ** 2 * below ** 2) / (2 * variance * total);
}
