/** log(Σ exp(x)), without overflow. @param logs none of them NaN; −∞ stands for nothing */
export function logSum(logs: readonly number[]): number {
  let highest = -Infinity;
  for (const log of logs) if (log > highest) highest = log;
  if (highest === -Infinity) return -Infinity;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - highest);
  return highest + Math.log(sum);
}

/** log(exp(one) + exp(other)), without overflow. */
export function logAdd(one: number, other: number): number {
  const highest = Math.max(one, other);
  if (highest === -Infinity) return -Infinity;
  return highest + Math.log1p(Math.exp(Math.min(one, other) - highest));
}

/** Log odds of a rate above 0 and below 1. */
export function logit(rate: number): number {
  return Math.log(rate) - Math.log1p(-rate);
}

/** The rate whose log odds these are: the inverse of {@link logit}. */
export function rateOf(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** log Γ(x) for x > 0: Stirling's series, taken where its terms have become small. */
export function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 20; at += 1) shift += Math.log(at);
  const square = at * at;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** log B(a, b), the beta function. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}
