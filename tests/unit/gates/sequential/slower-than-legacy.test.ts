import fc from 'fast-check';
import { cutPointsOf, isWithin, KNOWN_FROM } from '../../../../domain/gates/sequential/cut-points';
import type { BothSides } from '../../../../domain/gates/sequential/outcomes';
import { sequentialRuleOf } from '../../../../domain/gates/sequential/rule-of-plan';
import {
  beginSlower,
  freezeSlower,
  judgeSlower,
  knowLegacy,
  slowerAtNewSplit,
  takeSlower,
  type SlowerState,
} from '../../../../domain/gates/sequential/slower-than-legacy';
import { randomOf } from './simulated';

const MINUTE = 60_000;
const rule = (alpha = 0.05, margin = 0.05, notWorseBy?: number) =>
  sequentialRuleOf(
    { kind: 'slowerThanLegacy', margin, minimumOutcomes: 30, ...(notWorseBy !== undefined && { notWorseBy }) },
    alpha,
  );

/** Times of handoffs, two minutes in the middle, some of them missed. */
function drawn(random: () => number, n: number, { slower = 1, missed = 0 } = {}): number[] {
  return Array.from({ length: n }, () =>
    random() < missed ? Infinity : -Math.log(1 - random()) * 3 * MINUTE * slower,
  );
}

function counts(state: SlowerState, target: readonly number[], legacy: readonly number[]): BothSides[] {
  return state.cuts.map((cut) => {
    const side = (times: readonly number[]) => {
      const kept = times.filter((took) => isWithin(cut, took)).length;
      return { kept, missed: times.length - kept };
    };
    return { target: side(target), legacy: side(legacy) };
  });
}

const take = (of: ReturnType<typeof rule>, state: SlowerState, target: number[], legacy: number[]): SlowerState =>
  takeSlower(of, state, counts(state, target, legacy));

describe("legacy's own times", () => {
  it('are those that half, nine in ten and all but one in a hundred took at most', () => {
    const took = Array.from({ length: 1_000 }, (_, index) => 1_000 - index);
    expect(cutPointsOf(took)).toEqual([
      { percentile: 50, within: 500, share: 0.5 },
      { percentile: 90, within: 900, share: 0.9 },
      { percentile: 99, within: 990, share: 0.99 },
    ]);
  });

  it('are not known by fewer than a hundred', () => {
    expect(cutPointsOf(new Array<number>(KNOWN_FROM - 1).fill(1))).toBeUndefined();
    expect(cutPointsOf(new Array<number>(KNOWN_FROM).fill(1))).toEqual([{ percentile: 99, within: 1, share: 1 }]);
  });

  it('have how many are kept at all in place of a miss, once', () => {
    const took = [
      ...new Array<number>(70).fill(5),
      ...new Array<number>(15).fill(9),
      ...new Array<number>(15).fill(Infinity),
    ];
    expect(cutPointsOf(took)).toEqual([
      { percentile: 50, within: 5, share: 0.7 },
      { percentile: 99, within: null, share: 0.85 },
    ]);
    expect(isWithin({ within: null }, 1e12)).toBe(true);
    expect(isWithin({ within: null }, Infinity)).toBe(false);
  });

  it('hold what they say, whatever legacy took', () => {
    const times = fc.array(fc.oneof(fc.nat(50), fc.constant(Infinity)), { minLength: KNOWN_FROM, maxLength: 300 });
    fc.assert(
      fc.property(times, (took) => {
        const cuts = cutPointsOf(took) ?? [];
        expect(cuts.length).toBeGreaterThan(0);
        for (const cut of cuts) {
          expect(took.filter((one) => isWithin(cut, one)).length / took.length).toBe(cut.share);
          if (cut.within !== null) expect(cut.share).toBeGreaterThanOrEqual(cut.percentile / 100);
        }
        const limits = cuts.map(({ within }) => within ?? Infinity);
        expect(limits).toEqual([...new Set(limits)].sort((a, b) => a - b));
      }),
    );
  });
});

describe('a target that may be slower than legacy', () => {
  it('waits until enough is known of legacy, with how many that are of how many', () => {
    const few = knowLegacy(beginSlower(), new Array<number>(37).fill(1));
    expect(judgeSlower(rule(), few)).toEqual({
      verdict: 'insufficient',
      message: '37 of the 100 outcomes of legacy needed to know how long it takes there',
      ...{ logEvidence: 0, carriedBy: null },
    });
    expect(knowLegacy(few, new Array<number>(37).fill(2))).toBe(few);
    const known = knowLegacy(few, new Array<number>(100).fill(1));
    expect(knowLegacy(known, new Array<number>(500).fill(9))).toBe(known);
    expect(judgeSlower(rule(), known)).toMatchObject({
      verdict: 'insufficient',
      message: '0 of the 30 outcomes needed on target',
    });
  });

  it('that takes twice as long is found, and so is a heavier tail with the middle as it was; the same one is not', () => {
    const random = randomOf(3);
    const untilCrossed = (of: () => number[]): number => {
      let state = knowLegacy(beginSlower(), drawn(random, 2_000));
      for (let look = 1; look <= 300; look += 1) {
        state = take(rule(0.05, 0), state, of(), drawn(random, 15));
        if (judgeSlower(rule(), state).verdict === 'limitCrossed') return look;
      }
      return Infinity;
    };
    expect(untilCrossed(() => drawn(random, 5, { slower: 2 }))).toBeLessThan(60);
    const tail = (): number[] => drawn(random, 5).map((took, index) => (index === 0 ? took + 20 * MINUTE : took));
    expect(untilCrossed(tail)).toBeLessThan(40);
    expect(untilCrossed(() => drawn(random, 5))).toBe(Infinity);
  });

  it('is named with the numbers of both sides at the time that carries it', () => {
    const random = randomOf(5);
    let state = knowLegacy(
      beginSlower(),
      Array.from({ length: 1_000 }, (_, index) => (index + 1) * 100),
    );
    // Nobody on target is within the middle; the tail is as it was.
    while (judgeSlower(rule(), state).verdict !== 'limitCrossed') {
      const slow = Array.from({ length: 5 }, () => 51_000 + random() * 38_000);
      state = take(
        rule(),
        state,
        slow,
        Array.from({ length: 15 }, (_, index) => (index * 100_000) / 15),
      );
    }
    const { message, carriedBy, logEvidence } = judgeSlower(rule(), state);
    expect(carriedBy).toBe('p50');
    expect(logEvidence).toBeGreaterThanOrEqual(Math.log(20));
    expect(message).toMatch(
      /^of \d+ on target 0% ended within 50s, which 53\.3% of \d+ on legacy did \(legacy's p50\); 1 in [\d,]+ if healthy$/,
    );
  });

  it('that is alike is hardly ever rolled back: no more often than is allowed, misses and a small sample of legacy included', () => {
    const random = randomOf(17);
    const allowed = 0.2;
    let crossed = 0;
    for (let run = 0; run < 300; run += 1) {
      const how = { missed: run % 3 === 0 ? 0.12 : 0.01 };
      let state = knowLegacy(beginSlower(), drawn(random, 100, how));
      for (let look = 0; look < 60; look += 1) {
        state = take(rule(allowed, 0), state, drawn(random, 5, how), drawn(random, 15, how));
      }
      if (judgeSlower(rule(allowed, 0), state).verdict === 'limitCrossed') crossed += 1;
    }
    expect(crossed).toBeLessThanOrEqual(allowed * 300);
  });

  it('passes with its outcomes since the split last changed, and its part within the margin at each of the times', () => {
    const known = knowLegacy(
      beginSlower(),
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
    const times = Array.from({ length: 100 }, (_, index) => index + 1);
    const passing = take(rule(), known, times, times);
    expect(judgeSlower(rule(), passing)).toMatchObject({
      verdict: 'pass',
      message: expect.stringMatching(/; 100 outcomes since the split last changed$/) as string,
    });
    const moved = slowerAtNewSplit(passing);
    expect(moved.cuts.map(({ within }) => within)).toEqual([50, 90, 99]);
    expect(judgeSlower(rule(), moved)).toMatchObject({
      verdict: 'insufficient',
      message: expect.stringContaining('0 of the 30 outcomes needed since the split last changed') as string,
    });
    // A tenth of them beyond the tail, and too few of them to be sure of anything.
    const tail = times.slice(0, 40).map((took, index) => (index % 10 === 0 ? 500 : took));
    const slower = take(rule(), moved, tail, times.slice(0, 40));
    expect(judgeSlower(rule(), slower)).toMatchObject({
      verdict: 'insufficient',
      message: expect.stringMatching(/90% ended within 0?99ms since .* more than 5% below legacy's 100%/) as string,
    });
  });

  it('that nobody on legacy is left to compare with neither passes nor is rolled back, and what legacy took before is said', () => {
    const known = knowLegacy(
      beginSlower(),
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
    const alone = take(rule(), known, new Array<number>(60).fill(5), []);
    expect(judgeSlower(rule(), alone)).toMatchObject({
      verdict: 'insufficient',
      message: expect.stringContaining('0 of the 30 outcomes needed on legacy in the attempt') as string,
    });
    const drained = freezeSlower(rule(), alone);
    expect(freezeSlower(rule(), drained)).toBe(drained);
    const { verdict, message } = judgeSlower(rule(), take(rule(), drained, new Array<number>(600).fill(500), []));
    expect(verdict).toBe('insufficient');
    expect(message).toMatch(/which 50% on legacy did before \(legacy's p50\); .*legacy has drained with 0 of the 30/);
  });

  it('is held to what legacy took until it drained, by evidence', () => {
    const random = randomOf(9);
    let state = knowLegacy(beginSlower(), drawn(random, 500));
    for (let look = 0; look < 60; look += 1) state = take(rule(), state, drawn(random, 5), drawn(random, 30));
    state = freezeSlower(rule(), slowerAtNewSplit(state));
    let looks = 0;
    while (looks < 200 && judgeSlower(rule(), state).verdict !== 'limitCrossed') {
      state = take(rule(), state, drawn(random, 5, { slower: 4 }), []);
      looks += 1;
    }
    expect(looks).toBeLessThan(60);
  });

  it('may be asked for evidence that it is not: at each of the times', () => {
    const asked = rule(0.05, 0.2, 0.2);
    const random = randomOf(21);
    let state = knowLegacy(beginSlower(), drawn(random, 500));
    state = take(asked, state, drawn(random, 40), drawn(random, 40));
    expect(judgeSlower(asked, state).message).toMatch(
      /not shown yet that target is less than 20% below legacy at its p50/,
    );
    for (let look = 0; look < 60; look += 1) state = take(asked, state, drawn(random, 10), drawn(random, 10));
    expect(judgeSlower(asked, state).verdict).toBe('pass');
  });

  it('counts each outcome once at each time, however looks are cut', () => {
    const side = fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(Infinity)), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(side, side, fc.boolean()), { maxLength: 12 }), (looks) => {
        const known = knowLegacy(
          beginSlower(),
          Array.from({ length: 150 }, (_, index) => index + 1),
        );
        const cut = looks.reduce((state, [target, legacy]) => take(rule(), state, target, legacy), known);
        const whole = take(
          rule(),
          known,
          looks.flatMap(([target]) => target),
          looks.flatMap(([, legacy]) => legacy),
        );
        const counted = ({ cuts }: SlowerState): unknown =>
          cuts.map(({ within, test: { attempt, epoch } }) => ({ within, attempt, epoch }));
        expect(counted(cut)).toEqual(counted(whole));
      }),
    );
  });

  it('is remembered as plain JSON of one size, and goes on from it exactly', () => {
    const random = randomOf(2);
    const how = { missed: 0.15 };
    const begun = knowLegacy(beginSlower(), drawn(random, 2_000, how));
    const after = (looks: number, from: SlowerState): SlowerState => {
      let state = from;
      for (let look = 0; look < looks; look += 1) {
        state = take(rule(), state, drawn(random, 5, how), drawn(random, 15, how));
      }
      return state;
    };
    const small = after(20, begun);
    const large = after(2_000, small);
    const stored = JSON.parse(JSON.stringify(large)) as SlowerState;
    expect(stored).toEqual(large);
    expect(JSON.stringify(large).length).toBeLessThan(JSON.stringify(small).length * 1.2);
    const [target, legacy] = [drawn(random, 30, how), drawn(random, 30, how)];
    expect(take(rule(), stored, target, legacy)).toEqual(take(rule(), large, target, legacy));
  });

  it('is refused where what came is not of each time', () => {
    const known = knowLegacy(
      beginSlower(),
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
    expect(() => takeSlower(rule(), known, counts(known, [1], [1]).slice(1))).toThrow(/one count for each of the 3/);
  });
});
