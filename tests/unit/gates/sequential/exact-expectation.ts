import type { BothSides } from '../../../../domain/gates/sequential/outcomes';

/** Probabilities of 0 to n successes. */
export function binomial(n: number, rate: number): number[] {
  let row = [1];
  for (let trial = 0; trial < n; trial += 1) {
    row = Array.from({ length: trial + 2 }, (_, k) => (row[k - 1] ?? 0) * rate + (row[k] ?? 0) * (1 - rate));
  }
  return row;
}

/** Probabilities of 0, 1, 2 … events, as far as they matter. */
export function poisson(mean: number): number[] {
  const row = [Math.exp(-mean)];
  while (row.length < mean + 12 * Math.sqrt(mean) + 30) row.push(((row.at(-1) ?? 0) * mean) / row.length);
  return row;
}

/** The mean of exp(log) over all that may come of n trials: no simulation, every case by its probability. */
export function meanOverOne(n: number, rate: number, log: (kept: number, missed: number) => number): number {
  return binomial(n, rate).reduce((sum, probability, kept) => sum + probability * Math.exp(log(kept, n - kept)), 0);
}

/** The same over a block with so many of either side. */
export function meanOverBoth(
  n: { target: number; legacy: number },
  rate: { target: number; legacy: number },
  log: (block: BothSides) => number,
): number {
  return meanOverOne(n.target, rate.target, (targetKept, targetMissed) =>
    Math.log(
      meanOverOne(n.legacy, rate.legacy, (kept, missed) =>
        log({ target: { kept: targetKept, missed: targetMissed }, legacy: { kept, missed } }),
      ),
    ),
  );
}

export const GRID = [0, 0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.98, 1];
export const BARELY = 1 + 1e-9;
