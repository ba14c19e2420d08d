import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { NO_OUTCOMES, type BothSides } from '../sequential/outcomes';

/** What arrives, one after the other: target takes a share of it, and each side keeps at its own rate. */
export interface Arrivals {
  /** Above 0 to 1; 1 leaves nothing to legacy. */
  share: number;
  /** Kept rates, 0 to 1. */
  target: number;
  legacy: number;
}

/** Takes what came since it was asked last; true once it has seen what it looks for. */
export type Watcher = (increment: BothSides) => boolean;

/** Outcomes on target: in half of the runs no more, and in nine of ten; Infinity where those did not end. */
export interface Wait {
  half: number;
  nineTenths: number;
}

/** A run is given up after so many outcomes on target. */
export const MOST_PATIENTS = 3_000;

/** At least and at most; in between it ends once so many outcomes on target were drawn. */
export const RUNS = { least: 60, most: 200 };
const ENOUGH_OUTCOMES = 20_000;
/** After so many runs, what has not ended in half of them is taken for what does not. */
const FIRST_RUNS = 20;
const SEED = 20_261;
/** The generator's first numbers are alike for seeds that are. */
const SKIPPED = 100;
/** Looks at legacy's outcomes for one of target's, about: each one where target takes a quarter or more, and several at a time where it takes less. */
const LOOKS = 4;

/** How far a simulation goes. */
export interface Effort {
  /** Outcomes on target after which a run is given up. */
  patients: number;
  runs: { least: number; most: number };
}

/** How many outcomes on target it takes until something is seen: the same for the same question, by a generator with a fixed seed. */
export function simulateWait(
  arrivals: Arrivals,
  begin: () => Watcher,
  { patients: most, runs: bounds }: Effort = { patients: MOST_PATIENTS, runs: RUNS },
): Wait {
  const random = fixedRandom();
  const runs: number[] = [];
  let drawn = 0;
  let endless = 0;
  while (runs.length < bounds.most && (runs.length < bounds.least || drawn < ENOUGH_OUTCOMES)) {
    const patients = simulateRun(arrivals, begin(), random, most);
    runs.push(patients);
    drawn += Math.min(patients, most);
    if (patients === Infinity) endless += 1;
    if (runs.length === FIRST_RUNS && 2 * endless > FIRST_RUNS) break;
  }
  const rising = runs.sort((one, other) => one - other);
  const at = (part: number): number => rising[Math.ceil(part * rising.length) - 1] ?? Infinity;
  return { half: at(0.5), nineTenths: at(0.9) };
}

function simulateRun(
  { share, target, legacy }: Arrivals,
  watcher: Watcher,
  random: () => number,
  most: number,
): number {
  const atOnce = Math.max(1, Math.round(1 / (share * LOOKS)));
  for (let patients = 1; patients <= most; patients += 1) {
    // Who comes to legacy before the next one to target.
    let left = share >= 1 ? 0 : Math.floor(Math.log(1 - random()) / Math.log(1 - share));
    while (left > 0) {
      const n = Math.min(left, atOnce);
      const kept = drawKept(n, legacy, random);
      if (watcher({ target: NO_OUTCOMES, legacy: { kept, missed: n - kept } })) return patients - 1;
      left -= n;
    }
    const kept = random() < target ? 1 : 0;
    if (watcher({ target: { kept, missed: 1 - kept }, legacy: NO_OUTCOMES })) return patients;
  }
  return Infinity;
}

/** How many of n are kept: one by one, or of many by the normal distribution, which hardly differs there. */
function drawKept(n: number, rate: number, random: () => number): number {
  if (n > MANY) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.min(n, Math.max(0, Math.round(n * rate + normal * Math.sqrt(n * rate * (1 - rate)))));
  }
  let kept = 0;
  for (let one = 0; one < n; one += 1) if (random() < rate) kept += 1;
  return kept;
}

const MANY = 200;

/** Numbers from 0 to below 1. */
function fixedRandom(): () => number {
  const generator = xoroshiro128plus(SEED);
  for (let skipped = 0; skipped < SKIPPED; skipped += 1) generator.next();
  return () => (generator.next() >>> 0) / 2 ** 32;
}
