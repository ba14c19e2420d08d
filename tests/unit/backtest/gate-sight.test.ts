import fc from 'fast-check';
import { binomialChances, binomialCumulative } from '../../../domain/backtest/binomial';
import { blindShare, detectableRate, medianOutcomes } from '../../../domain/backtest/gate-sight';
import type { GateRule } from '../../../domain/plan/plan-schema';

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
