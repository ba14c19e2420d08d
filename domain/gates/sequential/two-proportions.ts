import { logLikelihood, total, type BothSides } from './outcomes';

/** A kept rate on each side, above 0 and below 1. */
export interface Rates {
  target: number;
  legacy: number;
}

/**
 * Log e-value of a block of outcomes against the hypothesis that target's kept rate is below legacy's by no more than the margin: the
 * likelihood of the alternative over that of the nearest rates on the margin. Its expectation is at most 1 wherever the hypothesis holds of
 * the two mean rates in the block, though each patient have another: it is a product of factors linear in those rates, which is
 * largest where they are equal. 0 where the alternative itself keeps the margin, or a side has no outcome. Turner, Ly and Grünwald, as in {@link projectOnMargin}.
 */
export function logEValueBeyond(block: BothSides, alternative: Rates, margin: number): number {
  return alternative.legacy - alternative.target > margin ? logRatio(block, alternative, margin) : 0;
}

/** The same against the opposite hypothesis, that target's kept rate is below legacy's by the margin or more. 0 where the alternative itself is. */
export function logEValueWithin(block: BothSides, alternative: Rates, margin: number): number {
  return alternative.legacy - alternative.target < margin ? logRatio(block, alternative, margin) : 0;
}

function logRatio({ target, legacy }: BothSides, alternative: Rates, margin: number): number {
  const onTarget = total(target);
  const onLegacy = total(legacy);
  if (onTarget === 0 || onLegacy === 0) return 0;
  const nearest = projectOnMargin(alternative, onTarget / (onTarget + onLegacy), margin);
  return (
    logLikelihood(target, alternative.target) -
    logLikelihood(target, nearest.target) +
    logLikelihood(legacy, alternative.legacy) -
    logLikelihood(legacy, nearest.legacy)
  );
}

/**
 * Of all rates on the margin (legacy − target = margin) those nearest to an alternative, as a block sees it: the reverse information
 * projection, which minimises (1 − share)·KL(legacy) + share·KL(target). R. Turner, A. Ly, P. Grünwald, Generic e-variables for exact
 * sequential k-sample tests that allow for optional stopping, arXiv 2106.02693; R. Turner, P. Grünwald, Exact anytime-valid confidence intervals
 * for contingency tables and beyond, arXiv 2203.09785. The derivative's numerator is a cubic; its root inside is taken in closed form and polished.
 * @param share of the block's outcomes that are target's, above 0 and below 1
 * @param margin from 0 to below 1
 */
export function projectOnMargin(alternative: Rates, share: number, margin: number): Rates {
  const { legacy, target } = alternative;
  if (margin === 0) {
    const pooled = (1 - share) * legacy + share * target;
    return { target: pooled, legacy: pooled };
  }
  // The slope falls from +∞ to −∞ between these, so whatever a step does the root stays inside.
  let low = 0;
  let high = 1 - margin;
  let rate = closedForm(alternative, share, margin);
  if (!(rate > low && rate < high)) rate = (low + high) / 2;
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const upper = rate + margin;
    const slope =
      share * (target / rate - (1 - target) / (1 - rate)) + (1 - share) * (legacy / upper - (1 - legacy) / (1 - upper));
    const bend =
      share * (target / rate ** 2 + (1 - target) / (1 - rate) ** 2) +
      (1 - share) * (legacy / upper ** 2 + (1 - legacy) / (1 - upper) ** 2);
    if (slope > 0) low = rate;
    else high = rate;
    const newton = rate + slope / bend;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - rate) <= PRECISION) break;
    rate = next;
  }
  return { target: rate, legacy: rate + margin };
}

const MOST_TURNS = 60;
const PRECISION = 1e-15;

/** The cubic's root by Viète's formula. NaN, or a little beside, where it is ill-conditioned. */
function closedForm({ legacy, target }: Rates, share: number, margin: number): number {
  const constant = (1 - share) * legacy + share * target;
  const second = (1 + share) * margin - 1 - constant;
  const first = (share * margin - 1 - 2 * share * target) * margin + constant;
  const q = second ** 3 / 27 - (first * second) / 6 + (share * target * margin * (1 - margin)) / 2;
  const r = Math.sign(q) * Math.sqrt(second ** 2 / 9 - first / 3);
  return 2 * r * Math.cos((Math.PI + Math.acos(q / r ** 3)) / 3) - second / 3;
}
