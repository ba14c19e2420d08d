import { prefixOf } from '../../../domain/sides/key-grammar';
import { poissonArrivals } from '../../../sandbox/patients/arrivals';
import { deriveKey } from '../../../sandbox/patients/derive-key';
import { seededRandom } from '../../../sandbox/patients/seeded-random';

function take<Value>(values: Generator<Value>, count: number): Value[] {
  return Array.from({ length: count }, () => values.next().value as Value);
}

describe('sandbox patients', () => {
  it('are the same for the same seed and others for another', () => {
    const drawn = (seed: string): number[] => take(poissonArrivals(seededRandom(seed), 60), 50);
    expect(drawn('one')).toEqual(drawn('one'));
    expect(drawn('one')).not.toEqual(drawn('two'));
  });

  it('arrive at the rate asked for, at random', () => {
    const arrivals = take(poissonArrivals(seededRandom('rate'), 120), 10_000);
    const gaps = arrivals.map((at, index) => at - (arrivals[index - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    // Mean 30 s, and a Poisson process' gaps deviate by as much; four standard errors of 10,000 draws.
    expect(Math.abs(mean - 30_000)).toBeLessThan(1_200);
    expect(Math.abs(deviation - 30_000)).toBeLessThan(2_400);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
  });

  it('draw numbers that fill their range evenly', () => {
    const random = seededRandom('even');
    const tenths = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 20_000; draw += 1) {
      const value = random();
      expect(value).toBeLessThan(1);
      const tenth = Math.floor(value * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    // Binomial(20,000, 0.1): standard deviation 42.
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  it('have keys of the product’s grammar, out of which no case id can be read', () => {
    const keys = Array.from({ length: 500 }, (_, index) => deriveKey('application', 'seed', String(173_688 + index)));
    expect(new Set(keys).size).toBe(500);
    for (const [index, key] of keys.entries()) {
      expect(prefixOf(key)).toBe('application');
      expect(key).not.toContain(String(173_688 + index));
    }
    expect(deriveKey('application', 'seed', '1')).toBe(deriveKey('application', 'seed', '1'));
    expect(deriveKey('application', 'other', '1')).not.toBe(deriveKey('application', 'seed', '1'));
    expect(deriveKey('ep', 'seed', '1', '2')).not.toBe(deriveKey('ep', 'seed', '12'));
  });
});
