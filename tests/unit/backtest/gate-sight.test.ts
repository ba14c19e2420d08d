import fc from 'fast-check';
import { binomialChances, binomialCumulative } from '../../../domain/backtest/binomial';
import { blindShare, detectableRate, medianOutcomes } from '../../../domain/backtest/gate-sight';
import { crossing } from '../../../domain/gates/power/watchers';
import { NO_OUTCOMES, type Outcomes } from '../../../domain/gates/sequential/outcomes';
import type { GateRule } from '../../../domain/plan/plan-schema';
import { seededRandom } from '../../../sandbox/patients/seeded-random';

describe('the chances of n trials', () => {
  it('are those of the textbook', () => {
    for (const [k, ways] of [1, 4, 6, 4, 1].entries()) expect(binomialChances(4, 0.5)[k]).toBeCloseTo(ways / 16, 12);
    expect(binomialCumulative(10, 0.1)[1]).toBeCloseTo(0.9 ** 10 + 10 * 0.1 * 0.9 ** 9, 12);
  });

  it('add up to 1 with the right mean, for any n and p, large ones included', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, p) => {
        const chances = binomialChances(n, p);
        expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 9);
        const mean = chances.reduce((sum, chance, k) => sum + chance * k, 0);
        expect(Math.abs(mean - n * p)).toBeLessThan(1e-6 * n);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the loss that a gate would catch four times in five', () => {
  const alone = (during: number) => ({ during, before: 0, legacy: 0 });

  it('is for zero tolerance what leaves one in five runs without a missed one', () => {
    const rule: GateRule = { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 1 };
    // P(none of ten missed) = p^10 = 0.2
    expect(detectableRate(rule, 1, alone(10))).toBeCloseTo(0.2 ** 0.1, 5);
  });

  it('is for the first so many what their misses show, and nothing once they have come', () => {
    const rule: GateRule = { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 5, ofFirst: 10 };
    const at = (during: number, before = 0) => detectableRate(rule, 1, { during, before, legacy: 0 });
    expect(at(100)).toBeCloseTo(0.2 ** 0.1, 5);
    expect(at(100, 4)).toBeCloseTo(0.2 ** (1 / 6), 5);
    expect(at(100, 10)).toBeNull();
  });

  it('is for a floor where four in five counts fall below it', () => {
    const rule: GateRule = { kind: 'floor', atLeast: 0.5, minimumOutcomes: 10 };
    const rate = detectableRate(rule, 0.9, alone(20)) ?? NaN;
    // Nine or fewer of 20 are below a half.
    expect(binomialCumulative(20, rate)[9]).toBeCloseTo(0.8, 4);
    expect(rate).toBeLessThan(0.5);
  });

  it('is nothing with too few outcomes, and less far down the more there are', () => {
    const rule: GateRule = { kind: 'floor', atLeast: 0.92, minimumOutcomes: 10 };
    expect(detectableRate(rule, 0.99, alone(9))).toBeNull();
    const rates = [20, 100, 1_000].map((during) => detectableRate(rule, 0.99, alone(during)) ?? NaN);
    expect([...rates].sort((a, b) => a - b)).toEqual(rates);
  });

  it('is further down where healthy outcomes of the attempt hide it', () => {
    const rule: GateRule = { kind: 'floor', atLeast: 0.92, minimumOutcomes: 10 };
    const fresh = detectableRate(rule, 0.99, alone(50)) ?? NaN;
    expect(detectableRate(rule, 0.99, { during: 50, before: 100, legacy: 0 })).toBeLessThan(fresh);
    expect(detectableRate(rule, 1, { during: 5, before: 500, legacy: 0 })).toBeNull();
  });

  it('is for a comparison further down the fewer legacy has, and nothing where it has too few', () => {
    const rule: GateRule = { kind: 'comparison', margin: 0.1, minimumOutcomes: 20 };
    const withLegacy = (legacy: number) => detectableRate(rule, 0.8, { during: 60, before: 0, legacy });
    expect(withLegacy(19)).toBeNull();
    expect(withLegacy(30)).toBeLessThan(withLegacy(3_000) ?? NaN);
    expect(withLegacy(3_000)).toBeLessThan(0.7);
  });

  it('is the usual rate itself where the gate fires on that', () => {
    expect(detectableRate({ kind: 'floor', atLeast: 0.92, minimumOutcomes: 10 }, 0.6, alone(100))).toBe(0.6);
  });
});

describe('the fall that a test would catch four times in five', () => {
  const alone = (during: number) => ({ during, before: 0, legacy: 0 });
  const floor: GateRule = { kind: 'floor', atLeast: 0.92, minimumOutcomes: 10 };
  const comparison: GateRule = { kind: 'comparison', margin: 0.05, minimumOutcomes: 20 };

  it('is an outage after a few outcomes, however many it takes to go on', () => {
    expect(detectableRate(floor, 0.99, alone(9))).toBeNull();
    expect(detectableRate(floor, 0.99, alone(9), 0.05)).toBeGreaterThan(0);
    expect(detectableRate(floor, 0.99, alone(1), 0.05)).toBeNull();
  });

  it('is less far down the more there are, and further down the less is allowed in false rollbacks', () => {
    const rates = [20, 100, 1_000].map((during) => detectableRate(floor, 0.99, alone(during), 0.05) ?? NaN);
    expect([...rates].sort((a, b) => a - b)).toEqual(rates);
    // It tells a fall from chance: further down than where the plain limit is crossed four times in five.
    expect(rates[1]).toBeLessThan(detectableRate(floor, 0.99, alone(100)) ?? NaN);
    expect(detectableRate(floor, 0.99, alone(100), 0.005)).toBeLessThan(rates[1] ?? NaN);
  });

  it('is the usual rate itself where that is far below the limit', () => {
    expect(detectableRate(floor, 0.6, alone(200), 0.05)).toBe(0.6);
  });

  it('is caught about as often as it says, by the test taking one outcome after the other', () => {
    for (const [rule, seen] of [
      [floor, { during: 150, before: 100, legacy: 0 }],
      [comparison, { during: 200, before: 100, legacy: 900 }],
    ] as const) {
      const rate = detectableRate(rule, 0.97, seen, 0.05) ?? NaN;
      const share = shareCaught(rule, { usual: 0.97, rate, ...seen });
      expect(share).toBeGreaterThan(0.65);
      expect(share).toBeLessThan(0.97);
    }
  });
});

/** In how many of 300 runs a fall is seen, of those in which nothing was before it. */
function shareCaught(
  rule: Exclude<GateRule, { kind: 'latency' | 'slowerThanLegacy' | 'capacity' }>,
  {
    usual,
    rate,
    during,
    before,
    legacy,
  }: { usual: number; rate: number; during: number; before: number; legacy: number },
): number {
  const random = seededRandom('a fall');
  const one = (odds: number): Outcomes => (random() < odds ? { kept: 1, missed: 0 } : { kept: 0, missed: 1 });
  const perTarget = legacy / (before + during);
  let [runs, caught] = [0, 0];
  for (let run = 0; run < 300; run += 1) {
    const watcher = crossing(rule, 0.05)();
    const come = (count: number, odds: number): boolean => {
      for (let outcome = 0; outcome < count; outcome += 1) {
        for (let other = 0; other < perTarget; other += 1)
          if (watcher({ target: NO_OUTCOMES, legacy: one(usual) })) return true;
        if (watcher({ target: one(odds), legacy: NO_OUTCOMES })) return true;
      }
      return false;
    };
    if (come(before, usual)) continue;
    runs += 1;
    if (come(during, rate)) caught += 1;
  }
  return caught / runs;
}

describe('the time in which a gate is blind', () => {
  it('is what trying every moment finds', () => {
    const watchAndOutcomes = fc.tuple(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(100), { maxLength: 40 }),
    );
    fc.assert(
      fc.property(watchAndOutcomes, ([watch, minimum, moments]) => {
        const outcomes = moments.sort((a, b) => a - b);
        // Whole moments: what a watch sees changes only there, so the middle between two stands for all between them.
        let blind = 0;
        for (let begin = 0.5; begin < 100 - watch; begin += 1) {
          const seen = outcomes.filter((at) => at >= begin && at < begin + watch).length;
          if (seen < minimum) blind += 1;
        }
        expect(blindShare(outcomes, minimum, watch, 0, 100)).toBeCloseTo(blind / (100 - watch), 9);
      }),
    );
  });

  it('is all of it without outcomes, and cannot be said of a history no longer than the watch', () => {
    expect(blindShare([], 1, 10, 0, 100)).toBe(1);
    expect(blindShare([1, 2, 3], 1, 100, 0, 100)).toBeNull();
  });
});

describe('the outcomes of a watch in the middle', () => {
  it('is the median of one watch after the other, empty ones included, the last broken off one left out', () => {
    expect(medianOutcomes([0, 1, 2, 10, 11, 29], 10, 0, 35)).toBe(2);
    expect(medianOutcomes([0, 1, 2], 10, 0, 100)).toBe(0);
    expect(medianOutcomes([34], 10, 0, 35)).toBe(0);
    expect(medianOutcomes([1], 10, 0, 9)).toBeNull();
    // As short as a watch can be, over years.
    expect(medianOutcomes([1, 2], 1, 0, 5e11)).toBe(0);
  });
});
