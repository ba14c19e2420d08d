import fc from 'fast-check';
import {
  logEValueBeyond,
  logEValueWithin,
  projectOnMargin,
  type Rates,
} from '../../../../domain/gates/sequential/two-proportions';
import { BARELY, GRID, meanOverBoth } from './exact-expectation';

const rate = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const share = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
const margin = fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 0.9, noNaN: true }));

function divergence({ target, legacy }: Rates, from: Rates, w: number): number {
  const kl = (p: number, q: number) => p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  return w * kl(target, from.target) + (1 - w) * kl(legacy, from.legacy);
}

describe('the reverse information projection', () => {
  it('lies on the margin, and nothing on the margin is nearer', () => {
    fc.assert(
      fc.property(rate, rate, share, margin, rate, (target, legacy, w, delta, other) => {
        const alternative = { target, legacy };
        const nearest = projectOnMargin(alternative, w, delta);
        expect(nearest.legacy - nearest.target).toBeCloseTo(delta, 12);
        const elsewhere = other * (1 - delta);
        const onMargin = { target: elsewhere, legacy: elsewhere + delta };
        expect(divergence(alternative, nearest, w)).toBeLessThanOrEqual(divergence(alternative, onMargin, w) + 1e-9);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is the pooled rate where the margin is nought', () => {
    const nearest = projectOnMargin({ target: 0.2, legacy: 0.6 }, 0.25, 0);
    expect(nearest.target).toBeCloseTo(0.5, 12);
    expect(nearest.legacy).toBe(nearest.target);
  });
});

describe('the e-value of a block', () => {
  const blocks = [
    { target: 10, legacy: 10 },
    { target: 1, legacy: 25 },
    { target: 19, legacy: 1 },
    { target: 5, legacy: 15 },
  ];
  const alternatives = [0.05, 0.3, 0.6, 0.95].flatMap((legacy) =>
    [0.01, 0.2, 0.5, 0.9].map((target) => ({ target, legacy })),
  );

  it.each([0, 0.05, 0.3])('with margin %d is at most 1 in expectation at every pair of rates within it', (delta) => {
    let most = 0;
    for (const n of blocks) {
      for (const alternative of alternatives) {
        for (const legacy of GRID) {
          for (const target of [...GRID.filter((one) => legacy - one <= delta), Math.max(0, legacy - delta)]) {
            const mean = meanOverBoth(n, { target, legacy }, (block) => logEValueBeyond(block, alternative, delta));
            most = Math.max(most, mean);
          }
        }
      }
    }
    expect(most).toBeLessThanOrEqual(BARELY);
    // It is no bet against nothing: where target keeps the margin exactly it is 1 somewhere.
    expect(most).toBeGreaterThan(0.95);
  });

  it.each([0.05, 0.3])('in the mirror, with margin %d, is at most 1 at every pair of rates beyond it', (delta) => {
    let most = 0;
    for (const n of blocks) {
      for (const alternative of alternatives) {
        for (const legacy of GRID.filter((one) => one >= delta)) {
          for (const target of [...GRID.filter((one) => legacy - one >= delta), legacy - delta]) {
            const mean = meanOverBoth(n, { target, legacy }, (block) => logEValueWithin(block, alternative, delta));
            most = Math.max(most, mean);
          }
        }
      }
    }
    expect(most).toBeLessThanOrEqual(BARELY);
    expect(most).toBeGreaterThan(0.95);
  });

  it('is above 1 in expectation where target is as far below as the alternative says', () => {
    const rates = { target: 0.3, legacy: 0.6 };
    const mean = meanOverBoth({ target: 10, legacy: 10 }, rates, (block) => logEValueBeyond(block, rates, 0.05));
    expect(mean).toBeGreaterThan(1.5);
  });

  it('is at most 1 in expectation where each patient has a rate of their own, and the mean rates keep the margin', () => {
    const ratesOf = (mean: number) => fc.constantFrom(...SPREADS).map((spread) => spread.map((by) => mean + by));
    fc.assert(
      fc.property(ratesOf(0.5), ratesOf(0.6), fc.constantFrom(...alternatives), (target, legacy, alternative) => {
        let mean = 0;
        const people = [...target, ...legacy];
        for (let kept = 0; kept < 2 ** people.length; kept += 1) {
          const does = people.map((_, person) => ((kept >> person) & 1) === 1);
          const probability = people.reduce((product, one, person) => product * (does[person] ? one : 1 - one), 1);
          const onTarget = does.slice(0, target.length).filter(Boolean).length;
          const onLegacy = does.slice(target.length).filter(Boolean).length;
          const block = {
            target: { kept: onTarget, missed: target.length - onTarget },
            legacy: { kept: onLegacy, missed: legacy.length - onLegacy },
          };
          mean += probability * Math.exp(logEValueBeyond(block, alternative, 0.1));
        }
        expect(mean).toBeLessThanOrEqual(BARELY);
      }),
      { numRuns: 60 },
    );
  });

  it('says nothing where a side has no outcome', () => {
    const block = { target: { kept: 0, missed: 9 }, legacy: { kept: 0, missed: 0 } };
    expect(logEValueBeyond(block, { target: 0.1, legacy: 0.6 }, 0)).toBe(0);
  });
});

/** Four people each; all of these have mean nought. */
const SPREADS = [
  [0, 0, 0, 0],
  [-0.4, 0.4, -0.4, 0.4],
  [-0.3, -0.1, 0.1, 0.3],
  [-0.39, 0.13, 0.13, 0.13],
];
