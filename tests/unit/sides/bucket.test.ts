import fc from 'fast-check';
import { bucketOf, BUCKET_ALGORITHM } from '../../../domain/sides/bucket';
import { BUCKETS } from '../../../domain/plan/plan-schema';

const SEED = 20260131;
const salt = fc.string({ minLength: 1, maxLength: 40 });
const key = fc.uuid().map((uuid) => `epi_${uuid}`);
const share = fc.integer({ min: 0, max: BUCKETS });

/** Keys that differ in their last digits only, as a counter would make them: the hardest case for a poor hash. */
function counted(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `epi_00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
  );
}

describe('the bucket of a unit', () => {
  it('is the same in every process and every release', () => {
    expect(BUCKET_ALGORITHM).toBe(1);
    // From: printf '%s' '<salt>:<unit>' | sha256sum | head -c 12, as a number, modulo 100000.
    expect(bucketOf('2b7e151628aed2a6', 'epi_7d444840-9dc0-41d1-b245-5ffdce74fad2')).toBe(77_672);
    expect(bucketOf('', 'pat_0000000000000000')).toBe(61_485);
  });

  it('is one of the 100,000, whatever is hashed', () => {
    fc.assert(
      fc.property(salt, fc.string(), (withSalt, unit) => {
        const bucket = bucketOf(withSalt, unit);
        return Number.isInteger(bucket) && bucket >= 0 && bucket < BUCKETS;
      }),
    );
  });

  it('moves nobody back while the share rises (I1)', () => {
    fc.assert(
      fc.property(salt, key, share, share, (withSalt, unit, one, other) => {
        const bucket = bucketOf(withSalt, unit);
        const [lower, higher] = one < other ? [one, other] : [other, one];
        return !(bucket < lower) || bucket < higher;
      }),
    );
  });

  it('nests phases that share a salt: who is among the 10% of payment is among the 25% of intake (I14)', () => {
    const units = counted(20_000);
    const payment = units.filter((unit) => bucketOf('one-salt', unit) < 10_000);
    const intake = new Set(units.filter((unit) => bucketOf('one-salt', unit) < 25_000));
    expect(payment.length).toBeGreaterThan(0);
    expect(payment.filter((unit) => !intake.has(unit))).toEqual([]);
  });

  it('makes another choice with another salt', () => {
    const units = counted(20_000);
    const both = units.filter((unit) => bucketOf('salt-a', unit) < 10_000 && bucketOf('salt-b', unit) < 10_000);
    // Independent choices meet in 1%: 200 of 20,000, give or take five standard deviations (14.1 each).
    expect(Math.abs(both.length - 200)).toBeLessThan(71);
  });

  it.each([1_000, 10_000, 25_000, 50_000])('takes a share of %i buckets within sampling error', (of) => {
    const count = 100_000;
    const proportion = of / BUCKETS;
    const taken = counted(count).filter((unit) => bucketOf('ramp', unit) < of).length;
    const deviation = Math.sqrt(count * proportion * (1 - proportion));
    expect(Math.abs(taken - count * proportion)).toBeLessThan(4 * deviation);
  });

  it('spreads random keys evenly: chi-square over 1,000 cells', () => {
    const cells = 1_000;
    const keys = fc.sample(key, { numRuns: 200_000, seed: SEED });
    const expected = keys.length / cells;
    const counts = new Array<number>(cells).fill(0);
    for (const unit of keys) {
      const cell = Math.floor((bucketOf('even', unit) / BUCKETS) * cells);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 999 degrees of freedom: mean 999, standard deviation 44.7. Too even is as suspicious as too uneven.
    expect(Math.abs(chiSquare - (cells - 1))).toBeLessThan(4 * Math.sqrt(2 * (cells - 1)));
  });
});
