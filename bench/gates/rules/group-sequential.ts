import { Tally, type Rule } from './rule';

const LOOKS = 24;

/** Spent of alpha by a part of all the information: K. Lan, D. DeMets, Discrete sequential boundaries for clinical trials, Biometrika 70, 1983. */
export const SPENDING = {
  Pocock: (alpha: number, part: number) => alpha * Math.log(1 + (Math.E - 1) * part),
  "O'Brien-Fleming": (alpha: number, part: number) => 2 * upperTail(normalQuantile(1 - alpha / 2) / Math.sqrt(part)),
};

/** A one-sided group-sequential test of both rates with 24 hourly looks at a horizon known before: z of their difference against boundaries that spend alpha. */
export function groupSequential(spending: keyof typeof SPENDING, alpha: number): Rule {
  const limits = boundaries((part) => SPENDING[spending](alpha, part));
  return {
    name: `group-sequential, ${spending}`,
    decide: (stream) => {
      const sums = new Tally();
      for (let minute = 0; minute < stream.length / 4; minute += 1) {
        sums.add(stream, minute);
        if (minute % 60 === 59 && z(sums) >= (limits[(minute - 59) / 60] ?? Infinity)) {
          return { rollsBackAfter: minute, goesOn: false };
        }
      }
      return { rollsBackAfter: null, goesOn: false };
    },
  };
}

function z({ kept, legacyKept, onTarget, onLegacy }: Tally): number {
  const pooled = (kept + legacyKept) / (onTarget + onLegacy);
  const variance = pooled * (1 - pooled) * (1 / onTarget + 1 / onLegacy);
  return variance > 0 ? (legacyKept / onLegacy - kept / onTarget) / Math.sqrt(variance) : 0;
}

/** By look, the z at which what is newly spent is exceeded for the first time: P. Armitage, C. McPherson, B. Rowe, 1969, on a grid. */
export function boundaries(spent: (part: number) => number, looks = LOOKS): number[] {
  const STEP = 0.01;
  const LOWEST = -6;
  const CELLS = 1_201;
  const spread = Math.sqrt(1 / looks);
  const at = (cell: number) => LOWEST + cell * STEP;
  const kernel = Array.from({ length: 2 * Math.ceil((6 * spread) / STEP) + 1 }, (_, cell) => {
    const by = (cell - Math.ceil((6 * spread) / STEP)) * STEP;
    return (STEP * Math.exp(-(by ** 2) / (2 * spread ** 2))) / (spread * Math.sqrt(2 * Math.PI));
  });
  const reach = (kernel.length - 1) / 2;
  // Probability by cell of a Brownian path that is still below all boundaries.
  let paths = new Float64Array(CELLS);
  paths[Math.round(-LOWEST / STEP)] = 1;
  const limits: number[] = [];
  for (let look = 1; look <= looks; look += 1) {
    const next = new Float64Array(CELLS);
    for (let from = 0; from < CELLS; from += 1) {
      const probability = paths[from] ?? 0;
      if (probability < 1e-15) continue;
      for (let by = Math.max(-reach, -from); by <= Math.min(reach, CELLS - 1 - from); by += 1) {
        next[from + by] = (next[from + by] ?? 0) + probability * (kernel[by + reach] ?? 0);
      }
    }
    let left = spent(look / looks) - (look === 1 ? 0 : spent((look - 1) / looks));
    let cell = CELLS - 1;
    while (cell > 0 && left >= (next[cell] ?? 0)) {
      left -= next[cell] ?? 0;
      next[cell] = 0;
      cell -= 1;
    }
    // Within a cell the boundary lies where what is left ends.
    const limit = at(cell) + STEP / 2 - (STEP * left) / Math.max(next[cell] ?? 0, 1e-300);
    limits.push(limit / Math.sqrt(look / looks));
    next[cell] = (next[cell] ?? 0) - left;
    paths = next;
  }
  return limits;
}

function upperTail(x: number): number {
  // By Simpson's rule, far beyond the precision that a boundary needs.
  const PIECES = 400;
  const width = 12 / PIECES;
  let sum = 0;
  for (let piece = 0; piece <= PIECES; piece += 1) {
    const weight = piece === 0 || piece === PIECES ? 1 : piece % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((x + piece * width) ** 2) / 2);
  }
  return (sum * width) / (3 * Math.sqrt(2 * Math.PI));
}

function normalQuantile(probability: number): number {
  let [low, high] = [-8, 8];
  while (high - low > 1e-10) {
    const middle = (low + high) / 2;
    if (upperTail(middle) > 1 - probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
