import type { Milliseconds } from '../../domain/time/duration';
import type { Random } from './seeded-random';

/**
 * When patients arrive: a Poisson process, so the gaps between them are exponential with mean 1/rate. Endless.
 * @param perHour patients an hour, in the plan's time
 * @returns milliseconds of the plan's time since the start, rising
 */
export function* poissonArrivals(random: Random, perHour: number): Generator<Milliseconds, never> {
  const mean = 3_600_000 / perHour;
  let at = 0;
  for (;;) {
    // 1 - random() is never 0, so that the logarithm is finite.
    at += -Math.log(1 - random()) * mean;
    yield at;
  }
}
