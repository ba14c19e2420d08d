import fc from 'fast-check';
import {
  assignmentEvidence,
  beginAssignmentCheck,
  takeAssignments,
} from '../../../../domain/gates/sequential/assignment-check';
import { beginComparison, comparisonEvidence, takeComparison } from '../../../../domain/gates/sequential/comparison';
import {
  beginCounts,
  countEvidence,
  takeCountsAgainstCapacity,
  takeCountsAgainstLegacy,
} from '../../../../domain/gates/sequential/counts';
import { beginFloor, floorEvidence, takeFloor } from '../../../../domain/gates/sequential/floor';
import {
  freezeBaseline,
  frozenEvidence,
  logLegacyAgainst,
  takeFrozen,
} from '../../../../domain/gates/sequential/frozen-baseline';
import {
  aboveFloorEvidence,
  beginAboveFloor,
  beginNotWorse,
  takeAboveFloor,
  takeNotWorse,
} from '../../../../domain/gates/sequential/going-on';
import type { BothSides, Outcomes } from '../../../../domain/gates/sequential/outcomes';
import { beginRatio, freezeRatio, ratioEvidence, takeRatio } from '../../../../domain/gates/sequential/ratio';
import { sequentialRuleOf } from '../../../../domain/gates/sequential/rule-of-plan';
import {
  beginSlower,
  knowLegacy,
  slowerEvidence,
  takeSlower,
  type SlowerState,
} from '../../../../domain/gates/sequential/slower-than-legacy';
import { BARELY, GRID, meanOverBoth, meanOverOne, poisson } from './exact-expectation';

/** Whatever came before, good or bad: what is expected of the next outcomes must not exceed what there is. */
const outcomes: fc.Arbitrary<Outcomes> = fc.record({ kept: fc.nat({ max: 30 }), missed: fc.nat({ max: 30 }) });
const bothSides: fc.Arbitrary<BothSides> = fc.record({ target: outcomes, legacy: outcomes });
const HISTORY = { maxLength: 12 };

describe('no next block is expected to add evidence while nothing is wrong', () => {
  it.each([0, 0.05, 0.2])('comparison, margin %d', (margin) => {
    fc.assert(
      fc.property(fc.array(bothSides, HISTORY), fc.nat({ max: 9 }), fc.nat({ max: 14 }), (history, target, legacy) => {
        const state = history.reduce(
          (before, increment) => takeComparison(margin, before, increment),
          beginComparison(),
        );
        // Whatever lies in the open block is known already.
        const full = takeComparison(margin, state, { target: { kept: 5, missed: 5 }, legacy: { kept: 5, missed: 5 } });
        for (const rate of GRID) {
          for (const below of [0, margin]) {
            const rates = { legacy: rate, target: Math.max(0, rate - below) };
            const mean = meanOverBoth({ target: target + 6, legacy: legacy + 14 }, rates, (block) =>
              comparisonEvidence(takeComparison(margin, full, block)),
            );
            expect(mean).toBeLessThanOrEqual(Math.exp(comparisonEvidence(full)) * BARELY);
          }
        }
      }),
      { numRuns: 4 },
    );
  });

  it('floor, at the floor and above', () => {
    fc.assert(
      fc.property(
        fc.array(outcomes, HISTORY),
        fc.constantFrom(0.3, 0.6, 0.97),
        fc.integer({ min: 1, max: 40 }),
        (history, atLeast, n) => {
          const state = history.reduce((before, increment) => takeFloor(atLeast, before, increment), beginFloor());
          for (const rate of [atLeast, ...GRID.filter((one) => one > atLeast)]) {
            const mean = meanOverOne(n, rate, (kept, missed) =>
              floorEvidence(takeFloor(atLeast, state, { kept, missed })),
            );
            expect(mean).toBeLessThanOrEqual(Math.exp(floorEvidence(state)) * BARELY);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('going on against legacy, where target is worse by the margin and more', () => {
    fc.assert(
      fc.property(fc.array(bothSides, HISTORY), fc.constantFrom(0.05, 0.2), (history, margin) => {
        const before = history.reduce((state, increment) => takeNotWorse(margin, state, increment), beginNotWorse());
        const state = takeNotWorse(margin, before, { target: { kept: 5, missed: 5 }, legacy: { kept: 5, missed: 5 } });
        for (const legacy of GRID.filter((one) => one >= margin)) {
          for (const target of [legacy - margin, (legacy - margin) / 2]) {
            const mean = meanOverBoth(
              { target: 8, legacy: 14 },
              { target, legacy },
              (block) => takeNotWorse(margin, state, block).logEvidence,
            );
            expect(mean).toBeLessThanOrEqual(Math.exp(state.logEvidence) * BARELY);
          }
        }
      }),
      { numRuns: 4 },
    );
  });

  it('going on against a floor, at the floor and below', () => {
    fc.assert(
      fc.property(fc.array(outcomes, HISTORY), fc.constantFrom(0.3, 0.6, 0.97), (history, floor) => {
        const state = history.reduce(
          (before, increment) => takeAboveFloor(floor, before, increment),
          beginAboveFloor(),
        );
        for (const rate of [floor, ...GRID.filter((one) => one < floor)]) {
          const mean = meanOverOne(30, rate, (kept, missed) =>
            aboveFloorEvidence(takeAboveFloor(floor, state, { kept, missed })),
          );
          expect(mean).toBeLessThanOrEqual(Math.exp(aboveFloorEvidence(state)) * BARELY);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('counts against legacy, at the margin and below', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 20 })), HISTORY),
        fc.constantFrom([5, 95], [50, 50], [3, 0.5]),
        fc.integer({ min: 1, max: 30 }),
        (history, [onTarget = 1, onLegacy = 1], came) => {
          const margin = 0.2;
          const take = (state: ReturnType<typeof beginCounts>, target: number, legacy: number) =>
            takeCountsAgainstLegacy(
              margin,
              state,
              { count: target, exposure: onTarget },
              { count: legacy, exposure: onLegacy },
            );
          const state = history.reduce((before, [target, legacy]) => take(before, target, legacy), beginCounts());
          for (const times of [1 + margin, 1, 0.3]) {
            const share = (times * onTarget) / (times * onTarget + onLegacy);
            const mean = meanOverOne(came, share, (target, legacy) => countEvidence(take(state, target, legacy)));
            expect(mean).toBeLessThanOrEqual(Math.exp(countEvidence(state)) * BARELY);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([1, 1.2, 3])('a ratio of what each patient has or has not, at %d times legacy and below', (times) => {
    fc.assert(
      fc.property(fc.array(bothSides, HISTORY), fc.nat({ max: 9 }), fc.nat({ max: 14 }), (history, target, legacy) => {
        const before = history.reduce((state, increment) => takeRatio(times, state, increment, 'all'), beginRatio());
        // Whatever lies in the open block is known already.
        const full = takeRatio(
          times,
          before,
          { target: { kept: 5, missed: 5 }, legacy: { kept: 5, missed: 5 } },
          'all',
        );
        for (const without of GRID) {
          for (const more of [times, 1, 0.5]) {
            const rates = { legacy: without, target: Math.max(0, 1 - more * (1 - without)) };
            const mean = meanOverBoth({ target: target + 6, legacy: legacy + 14 }, rates, (block) =>
              ratioEvidence(takeRatio(times, full, block, 'all')),
            );
            expect(mean).toBeLessThanOrEqual(Math.exp(ratioEvidence(full)) * BARELY);
          }
        }
      }),
      { numRuns: 4 },
    );
  });

  it('counts against a capacity, at it and below', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 20 }), fc.double({ min: 0.1, max: 10, noNaN: true })), HISTORY),
        fc.double({ min: 0.01, max: 12, noNaN: true }),
        (history, capacity) => {
          const state = history.reduce(
            (before, [count, most]) => takeCountsAgainstCapacity(before, count, most),
            beginCounts(),
          );
          for (const mean of [capacity, 0.7 * capacity]) {
            const expected = poisson(mean).reduce(
              (sum, probability, count) =>
                sum + probability * Math.exp(countEvidence(takeCountsAgainstCapacity(state, count, capacity))),
              0,
            );
            expect(expected).toBeLessThanOrEqual(Math.exp(countEvidence(state)) * BARELY);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('assignments, under the share declared, whichever was declared before', () => {
    const arrived = fc.record({ target: fc.nat({ max: 20 }), legacy: fc.nat({ max: 20 }) });
    const shares = fc.constantFrom(0.01, 0.05, 0.5, 0.9);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(shares, arrived), HISTORY),
        shares,
        fc.integer({ min: 1, max: 40 }),
        (history, share, came) => {
          const state = history.reduce(
            (before, [declared, some]) => takeAssignments(declared, before, some),
            beginAssignmentCheck(),
          );
          const mean = meanOverOne(came, share, (target, legacy) =>
            assignmentEvidence(takeAssignments(share, state, { target, legacy })),
          );
          expect(mean).toBeLessThanOrEqual(Math.exp(assignmentEvidence(state)) * BARELY);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('times that are alike on both sides, against those of legacy, whatever came before', () => {
    const rule = sequentialRuleOf({ kind: 'slowerThanLegacy', margin: 0, minimumOutcomes: 1 }, 0.05);
    const known = knowLegacy(
      beginSlower(),
      Array.from({ length: 200 }, (_, index) => index),
    );
    // Of one value each: within all of them, or within the last alone.
    const take = (state: SlowerState, block: BothSides): SlowerState => {
      const all = ({ kept, missed }: Outcomes): Outcomes => ({ kept: kept + missed, missed: 0 });
      const tail = { target: all(block.target), legacy: all(block.legacy) };
      return takeSlower(rule, state, [block, block, tail]);
    };
    fc.assert(
      fc.property(fc.array(bothSides, HISTORY), (history) => {
        const state = take(history.reduce(take, known), {
          target: { kept: 5, missed: 5 },
          legacy: { kept: 5, missed: 5 },
        });
        const before = Math.exp(slowerEvidence(rule, state).logEvidence);
        for (const rate of GRID) {
          const mean = meanOverBoth(
            { target: 10, legacy: 12 },
            { target: rate, legacy: rate },
            (block) => slowerEvidence(rule, take(state, block)).logEvidence,
          );
          expect(mean).toBeLessThanOrEqual(before * BARELY);
        }
      }),
      { numRuns: 4 },
    );
  });
});

describe('a frozen baseline', () => {
  it('counts in each range no more against a rate of legacy’s than its outcomes say against that very rate', () => {
    const lots = fc.record({ kept: fc.nat({ max: 3_000 }), missed: fc.nat({ max: 3_000 }) });
    fc.assert(
      fc.property(lots, fc.double({ min: 0.001, max: 0.999, noNaN: true }), (legacy, rate) => {
        // With margin nought a range's floor is its lowest rate.
        const range = freezeBaseline(legacy, 0).ranges.findLast(({ atLeast }) => (atLeast ?? 0) <= rate);
        expect(range?.logLegacy).toBeLessThanOrEqual(logLegacyAgainst(legacy, rate) + 1e-9);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(GRID.slice(1, -1))('has in legacy’s outcomes an e-value against a rate of %d, never below a half', (rate) => {
    const mean = meanOverOne(30, rate, (kept, missed) => logLegacyAgainst({ kept, missed }, rate));
    expect(mean).toBeCloseTo(1, 9);
    expect(logLegacyAgainst({ kept: 0, missed: 30 }, rate)).toBeGreaterThanOrEqual(Math.log(0.5));
  });

  it.each([
    [12, 15, 0.1],
    [30, 10, 0.05],
    [22, 16, 0],
  ])(
    'of %d outcomes of legacy, %d of target, margin %d: at most 1 in expectation, over what legacy came out at too',
    (onLegacy, onTarget, margin) => {
      for (const legacy of GRID) {
        for (const target of [Math.max(0, legacy - margin), legacy]) {
          const mean = meanOverBoth({ target: onTarget, legacy: onLegacy }, { target, legacy }, (all) =>
            frozenEvidence(takeFrozen(freezeBaseline(all.legacy, margin), all.target)),
          );
          expect(mean).toBeLessThanOrEqual(BARELY);
        }
      }
    },
  );

  it.each([
    [30, 20, 1],
    [40, 12, 1.5],
  ])(
    'of a ratio, of %d outcomes of legacy, %d of target, at %d times: at most 1 in expectation',
    (onLegacy, onTarget, times) => {
      for (const without of GRID) {
        for (const more of [times, 0.7]) {
          const rates = { legacy: without, target: Math.max(0, 1 - more * (1 - without)) };
          const mean = meanOverBoth({ target: onTarget, legacy: onLegacy }, rates, (all) =>
            frozenEvidence(takeFrozen(freezeRatio(times, all.legacy), all.target)),
          );
          expect(mean).toBeLessThanOrEqual(BARELY);
        }
      }
    },
  );
});
