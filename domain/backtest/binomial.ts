/**
 * The chances that at most 0, 1, … n of n independent trials succeed, each with chance `p`. Entry k is P(X ≤ k); the last is 1.
 * Reckoned from the mode outwards, so that no n underflows.
 */
export function binomialCumulative(n: number, p: number): Float64Array {
  const chances = binomialChances(n, p);
  let sum = 0;
  for (let k = 0; k <= n; k += 1) {
    sum += chances[k] ?? 0;
    chances[k] = Math.min(1, sum);
  }
  chances[n] = 1;
  return chances;
}

/** The chances that exactly 0, 1, … n of n trials succeed. */
export function binomialChances(n: number, p: number): Float64Array {
  const chances = new Float64Array(n + 1);
  if (p <= 0 || p >= 1) {
    chances[p <= 0 ? 0 : n] = 1;
    return chances;
  }
  // Relative to the mode, by the ratio of neighbours: P(k + 1) / P(k) = (n − k) / (k + 1) · p / (1 − p).
  const mode = Math.min(n, Math.floor((n + 1) * p));
  const odds = p / (1 - p);
  chances[mode] = 1;
  for (let k = mode; k < n; k += 1) chances[k + 1] = ((chances[k] ?? 0) * (n - k) * odds) / (k + 1);
  for (let k = mode; k > 0; k -= 1) chances[k - 1] = ((chances[k] ?? 0) * k) / ((n - k + 1) * odds);
  const total = chances.reduce((sum, chance) => sum + chance, 0);
  return chances.map((chance) => chance / total);
}
