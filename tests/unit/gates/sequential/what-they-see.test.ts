import {
  assignmentEvidence,
  beginAssignmentCheck,
  takeAssignments,
  type AssignmentState,
} from '../../../../domain/gates/sequential/assignment-check';
import {
  beginComparison,
  comparisonEvidence,
  takeComparison,
  type ComparisonState,
} from '../../../../domain/gates/sequential/comparison';
import {
  beginCounts,
  countEvidence,
  takeCountsAgainstCapacity,
  takeCountsAgainstLegacy,
} from '../../../../domain/gates/sequential/counts';
import { reaches } from '../../../../domain/gates/sequential/evidence';
import { beginFloor, floorEvidence, takeFloor } from '../../../../domain/gates/sequential/floor';
import { freezeBaseline, frozenEvidence, takeFrozen } from '../../../../domain/gates/sequential/frozen-baseline';
import { logGamma } from '../../../../domain/gates/sequential/log-arithmetic';
import { NO_OUTCOMES, type BothSides } from '../../../../domain/gates/sequential/outcomes';
import { drawOutcomes, randomOf } from './simulated';

const ALPHA = 0.05;
const BAD: BothSides = { target: { kept: 1, missed: 4 }, legacy: { kept: 9, missed: 6 } };
const GOOD: BothSides = { target: { kept: 3, missed: 2 }, legacy: { kept: 9, missed: 6 } };

/** How many of the same increments until the limit is crossed. */
function untilCrossed<State>(state: State, take: (state: State) => State, evidence: (state: State) => number): number {
  let steps = 0;
  for (let at = state; !reaches(evidence(at), ALPHA); at = take(at)) {
    steps += 1;
    if (steps > 10_000) return Infinity;
  }
  return steps;
}

describe('a failure that starts late', () => {
  const afterGood = (blocks: number) => {
    let state = beginComparison();
    for (let block = 0; block < blocks; block += 1) state = takeComparison(0, state, GOOD);
    return untilCrossed(state, (at) => takeComparison(0, at, BAD), comparisonEvidence);
  };

  it('is found by the comparison after ten thousand good blocks about as soon as after a hundred', () => {
    expect(afterGood(100)).toBeLessThanOrEqual(12);
    expect(afterGood(10_000)).toBeLessThanOrEqual(afterGood(100) + 9);
  });

  it('is found by the floor after a hundred thousand good outcomes, too', () => {
    const after = (good: number) => {
      let state = beginFloor();
      for (let n = 0; n < good; n += 5) state = takeFloor(0.5, state, GOOD.target);
      return untilCrossed(state, (at) => takeFloor(0.5, at, { kept: 0, missed: 1 }), floorEvidence);
    };
    expect(after(500)).toBeLessThanOrEqual(20);
    expect(after(100_000)).toBeLessThanOrEqual(after(500) + 12);
  });
});

describe('strata', () => {
  it('add up what each shows, without pooling: where shares differ, pooled sides differ though nothing is wrong', () => {
    // Four in five of target are in a cohort that keeps a fifth, one in five of legacy: 0.32 and 0.68 when pooled.
    const hard = { target: { kept: 8, missed: 32 }, legacy: { kept: 2, missed: 8 } };
    const easy = { target: { kept: 8, missed: 2 }, legacy: { kept: 32, missed: 8 } };
    const pooled = {
      target: { kept: 16, missed: 34 },
      legacy: { kept: 34, missed: 16 },
    };
    let apart = beginComparison();
    let together = beginComparison();
    for (let look = 0; look < 40; look += 1) {
      apart = takeComparison(0.02, takeComparison(0.02, apart, hard, 'hard'), easy, 'easy');
      together = takeComparison(0.02, together, pooled);
    }
    expect(reaches(comparisonEvidence(together), ALPHA)).toBe(true);
    expect(comparisonEvidence(apart)).toBeLessThan(0);
  });

  it('see together what none sees alone', () => {
    const cohort: BothSides = { target: { kept: 6, missed: 9 }, legacy: { kept: 27, missed: 18 } };
    const after = (strata: readonly string[]): number => {
      let state: ComparisonState = beginComparison();
      for (let block = 0; block < 4; block += 1) {
        for (const stratum of strata) state = takeComparison(0, state, cohort, stratum);
      }
      return comparisonEvidence(state);
    };
    expect(reaches(after(['TX']), ALPHA)).toBe(false);
    expect(reaches(after(['TX', 'CA', 'NY', 'FL']), ALPHA)).toBe(true);
  });
});

describe('what is known of legacy before the phase', () => {
  it('makes a backlog of a first look count', () => {
    const lot: BothSides = { target: { kept: 800, missed: 200 }, legacy: { kept: 9_500, missed: 500 } };
    const known = beginComparison({ all: { kept: 950, missed: 50 } });
    expect(reaches(comparisonEvidence(takeComparison(0.02, known, lot)), ALPHA)).toBe(true);
  });
});

describe('counts', () => {
  it('find three times as many patients in support as on legacy, and let as many be', () => {
    const look = (target: number) => (state: ReturnType<typeof beginCounts>) =>
      takeCountsAgainstLegacy(0.2, state, { count: target, exposure: 50 }, { count: 20, exposure: 500 });
    expect(untilCrossed(beginCounts(), look(6), countEvidence)).toBeLessThanOrEqual(4);
    expect(untilCrossed(beginCounts(), look(2), countEvidence)).toBe(Infinity);
  });

  it('say nothing while one side has no exposure', () => {
    const state = beginCounts();
    expect(takeCountsAgainstLegacy(0, state, { count: 9, exposure: 10 }, { count: 0, exposure: 0 })).toBe(state);
  });

  it('find more than a shift can take, by the shift’s own capacity', () => {
    const look = (count: number, capacity: number) => (state: ReturnType<typeof beginCounts>) =>
      takeCountsAgainstCapacity(state, count, capacity);
    expect(untilCrossed(beginCounts(), look(9, 4), countEvidence)).toBeLessThanOrEqual(3);
    expect(untilCrossed(beginCounts(), look(9, 10), countEvidence)).toBe(Infinity);
    expect(untilCrossed(beginCounts(), look(1, 0), countEvidence)).toBeLessThanOrEqual(5);
  });
});

describe('the assignment check', () => {
  const step = (share: number, target: number, legacy: number) => (state: AssignmentState) =>
    takeAssignments(share, state, { target, legacy });

  it('finds 7% where 5% were declared, from the start and after a long time', () => {
    const until = (state: AssignmentState) => untilCrossed(state, step(0.05, 7, 93), assignmentEvidence);
    expect(until(beginAssignmentCheck())).toBeLessThanOrEqual(25);
    let later = beginAssignmentCheck();
    for (let look = 0; look < 100; look += 1) later = step(0.05, 5, 95)(later);
    expect(until(later)).toBeLessThanOrEqual(40);
  });

  it('adds up what it saw under several shares', () => {
    let state = beginAssignmentCheck();
    for (const share of [0.05, 0.1, 0.2, 0.3, 0.5]) {
      const skewed = Math.round(share * 140);
      for (let look = 0; look < 4; look += 1) state = step(share, skewed, 100 - skewed)(state);
    }
    expect(reaches(assignmentEvidence(state), ALPHA)).toBe(true);
  });

  it('finds at once whoever is on a side that should have nobody', () => {
    expect(reaches(assignmentEvidence(step(0, 1, 50)(beginAssignmentCheck())), ALPHA)).toBe(true);
    expect(assignmentEvidence(step(0, 0, 50_000)(beginAssignmentCheck()))).toBeLessThanOrEqual(1e-3);
    expect(reaches(assignmentEvidence(step(1, 50, 1)(beginAssignmentCheck())), ALPHA)).toBe(true);
  });

  it('lets the declared share be', () => {
    expect(untilCrossed(beginAssignmentCheck(), step(0.05, 5, 95), assignmentEvidence)).toBe(Infinity);
  });

  it('knows its gamma function', () => {
    expect(logGamma(1)).toBeCloseTo(0, 12);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
    expect(logGamma(101)).toBeCloseTo(363.73937555556347, 9);
    expect(logGamma(1e-8)).toBeCloseTo(Math.log(1e8), 6);
  });
});

describe('a frozen baseline', () => {
  const until = (legacy: { kept: number; missed: number }) =>
    untilCrossed(freezeBaseline(legacy, 0.02), (state) => takeFrozen(state, { kept: 4, missed: 6 }), frozenEvidence);

  it('finds a target far below what legacy was, later the less is known of legacy', () => {
    const [few, some, many] = [
      until({ kept: 60, missed: 40 }),
      until({ kept: 600, missed: 400 }),
      until({ kept: 60_000, missed: 40_000 }),
    ];
    expect(many).toBeLessThanOrEqual(some);
    expect(some).toBeLessThan(few);
    expect(some).toBeLessThanOrEqual(20);
  });

  it('never says more than legacy’s outcomes allow, however bad target is', () => {
    expect(until({ kept: 3, missed: 2 })).toBe(Infinity);
    expect(frozenEvidence(takeFrozen(freezeBaseline(NO_OUTCOMES, 0.02), { kept: 0, missed: 500 }))).toBeLessThan(0);
  });

  it('does not take legacy’s rate for known: target at that of a lucky legacy is not rolled back', () => {
    const random = randomOf(11);
    let crossed = 0;
    for (let run = 0; run < 300; run += 1) {
      let state = freezeBaseline(drawOutcomes(random, 150, 0.6), 0);
      for (let look = 0; look < 100; look += 1) state = takeFrozen(state, drawOutcomes(random, 20, 0.6));
      if (reaches(frozenEvidence(state), 0.2)) crossed += 1;
    }
    expect(crossed).toBeLessThanOrEqual(60);
  });
});
