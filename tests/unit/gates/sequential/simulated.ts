import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Outcomes } from '../../../../domain/gates/sequential/outcomes';

/** Numbers from 0 to below 1, the same for the same seed. The generator's first ones are alike for seeds that are. */
export function randomOf(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  for (let skipped = 0; skipped < 100; skipped += 1) generator.next();
  return () => uniformFloat64(generator);
}

/** n outcomes at a kept rate. */
export function drawOutcomes(random: () => number, n: number, rate: number): Outcomes {
  let kept = 0;
  for (let one = 0; one < n; one += 1) if (random() < rate) kept += 1;
  return { kept, missed: n - kept };
}
