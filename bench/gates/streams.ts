import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Scenario } from './scenarios';

/** Outcomes minute by minute: four counts each, one after the other: target's kept and missed, legacy's kept and missed. */
export type Stream = Int32Array;

/** Draws streams of one scenario; the same seed draws the same ones. */
export class Streams {
  /** Cumulative Poisson probabilities by hour, for the four counts of a minute. */
  readonly #hours: Float64Array[][];
  readonly #next: () => number;

  /** @param perMinute arrivals on both sides. @param share of them that target takes. @param minutes whole hours */
  constructor(
    scenario: Scenario,
    perMinute: number,
    share: number,
    readonly minutes: number,
    seed: number,
  ) {
    this.#hours = Array.from({ length: minutes / 60 }, (_, hour) => {
      const { target, legacy } = scenario.rates(hour);
      const onTarget = scenario.noTarget ? 0 : perMinute * share;
      const onLegacy = scenario.noLegacy ? 0 : perMinute * (1 - share);
      // Arrivals that are split and then kept or missed at random are four Poisson counts of their own.
      return [onTarget * target, onTarget * (1 - target), onLegacy * legacy, onLegacy * (1 - legacy)].map(cumulative);
    });
    const generator = xoroshiro128plus(seed);
    // Its first numbers are alike for seeds that are.
    for (let skipped = 0; skipped < 1_000; skipped += 1) generator.next();
    this.#next = () => (generator.next() >>> 0) / 2 ** 32;
  }

  draw(): Stream {
    const stream = new Int32Array(4 * this.minutes);
    for (let minute = 0; minute < this.minutes; minute += 1) {
      const hour = this.#hours[Math.floor(minute / 60)] ?? [];
      for (let count = 0; count < 4; count += 1) stream[4 * minute + count] = this.#poisson(hour[count]);
    }
    return stream;
  }

  #poisson(table: Float64Array | undefined): number {
    if (table === undefined || table.length === 1) return 0;
    const at = this.#next();
    let count = 0;
    while (count < table.length - 1 && at >= (table[count] ?? 1)) count += 1;
    return count;
  }
}

function cumulative(mean: number): Float64Array {
  let probability = Math.exp(-mean);
  let sum = probability;
  const table = [sum];
  for (let count = 1; mean > 0 && sum < 1 - 1e-12; count += 1) {
    probability *= mean / count;
    sum += probability;
    table.push(sum);
  }
  return Float64Array.from(table);
}
