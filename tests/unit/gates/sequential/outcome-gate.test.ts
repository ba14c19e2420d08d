import fc from 'fast-check';
import {
  beginEpoch,
  beginSequential,
  freezeLegacy,
  judgeSequential,
  takeSequential,
  type SequentialRule,
  type SequentialState,
} from '../../../../domain/gates/sequential/outcome-gate';
import { NO_OUTCOMES, type BothSides, type Outcomes } from '../../../../domain/gates/sequential/outcomes';
import { takingBy, times } from './looks';
import { drawOutcomes, randomOf } from './simulated';

const RULE: SequentialRule = {
  alpha: 0.05,
  comparison: { margin: 0.02, weight: 0.6 },
  floor: { atLeast: 0.5, weight: 0.4 },
  minimumOutcomes: 30,
  goingOn: { alpha: 0.05, notWorseBy: 0.1 },
};

const some = (kept: number, missed: number): Outcomes => ({ kept, missed });
const take = takingBy(RULE);
const HEALTHY: BothSides = { target: some(12, 8), legacy: some(12, 8) };
const BROKEN: BothSides = { target: some(0, 10), legacy: some(12, 8) };

describe('a gate judged by sequential tests', () => {
  it('crosses its limit on an outage, with the numbers, and says by what', () => {
    const judged = judgeSequential(RULE, take([HEALTHY, BROKEN, BROKEN]));
    expect(judged).toMatchObject({ verdict: 'limitCrossed', carriedBy: 'floor' });
    expect(judged.message).toMatch(
      /^kept 0\.30 on target, 0\.60 on legacy, margin 0\.02, floor 0\.50 \(n=40 and 60\); 1 in [\d,]+ if healthy$/,
    );
  });

  it('names the comparison where target is above the floor and far below legacy', () => {
    const worse: BothSides = { target: some(12, 8), legacy: some(19, 1) };
    expect(judgeSequential(RULE, take(times(20, worse)))).toMatchObject({
      verdict: 'limitCrossed',
      carriedBy: 'comparison',
    });
  });

  it('passes on evidence alone: not by a clock, not by few, not while it is open whether target is worse', () => {
    expect(judgeSequential(RULE, take([HEALTHY]))).toMatchObject({ verdict: 'insufficient' });
    const open = judgeSequential(RULE, take(times(3, HEALTHY)));
    expect(open).toMatchObject({ verdict: 'insufficient' });
    expect(open.message).toContain('not shown yet that target is less than 0.10 below legacy');
    expect(judgeSequential(RULE, take(times(40, HEALTHY)))).toMatchObject({ verdict: 'pass', carriedBy: null });
  });

  it('asks for evidence above a floor where the rule says so', () => {
    const rule: SequentialRule = { ...RULE, goingOn: { alpha: 0.05, above: 0.5 } };
    const few = judgeSequential(rule, take(times(2, HEALTHY), beginSequential(), rule));
    expect(few).toMatchObject({ verdict: 'insufficient' });
    expect(few.message).toContain('not shown yet that target keeps more than 0.50');
    expect(judgeSequential(rule, take(times(20, HEALTHY), beginSequential(), rule))).toMatchObject({ verdict: 'pass' });
  });

  it('I3 does not pass on evidence of an earlier epoch', () => {
    const passing = take(times(40, HEALTHY));
    expect(judgeSequential(RULE, beginEpoch(passing))).toMatchObject({
      verdict: 'insufficient',
      message: expect.stringContaining('0 of the 30 outcomes needed since the split last changed'),
    });
    expect(judgeSequential(RULE, take(times(3, HEALTHY), beginEpoch(passing)))).toMatchObject({
      verdict: 'insufficient',
    });
    expect(judgeSequential(RULE, take(times(40, HEALTHY), beginEpoch(passing)))).toMatchObject({ verdict: 'pass' });
  });

  it('holds what speaks against target over epochs, and stays crossed once it is', () => {
    const suspect = take([HEALTHY, { target: some(0, 6), legacy: some(12, 8) }]);
    expect(judgeSequential(RULE, suspect)).toMatchObject({ verdict: 'insufficient' });
    const crossed = take([{ target: some(0, 12), legacy: some(12, 8) }], beginEpoch(suspect));
    expect(judgeSequential(RULE, crossed)).toMatchObject({ verdict: 'limitCrossed' });
    expect(judgeSequential(RULE, take(times(200, HEALTHY), crossed))).toMatchObject({ verdict: 'limitCrossed' });
  });

  it('says of a floor that fell late that its rate is of the whole attempt', () => {
    const floor: SequentialRule = { alpha: 0.05, floor: { atLeast: 0.95, weight: 1 }, minimumOutcomes: 12 };
    const well = times(121, { target: some(1, 0), legacy: NO_OUTCOMES });
    const late = take([...well, ...times(6, { target: some(0, 1), legacy: NO_OUTCOMES })], beginSequential(), floor);
    expect(judgeSequential(floor, late)).toMatchObject({
      verdict: 'limitCrossed',
      message: expect.stringMatching(
        /^kept 0\.953, floor 0\.95 \(n=127\); 1 in [\d,]+ if healthy, by a stretch of them that is far below$/,
      ),
    });
    const early = take(times(6, { target: some(0, 1), legacy: NO_OUTCOMES }), beginSequential(), floor);
    expect(judgeSequential(floor, early).message).not.toContain('stretch');
  });

  it('compares within one split: what waits for a block when it changes is no evidence', () => {
    // Of a bad hour under the old split, five of target; of a good one under the new, legacy's. No side is worse in either.
    const hour = (state: SequentialState) => {
      const bad = take([{ target: some(0, 5), legacy: NO_OUTCOMES }], beginEpoch(state));
      return take([{ target: NO_OUTCOMES, legacy: some(18, 2) }], beginEpoch(bad));
    };
    const rule: SequentialRule = { alpha: 0.05, comparison: { margin: 0, weight: 1 }, minimumOutcomes: 1 };
    let state = take([HEALTHY], beginSequential(), rule);
    const before = state.comparison.mixture;
    for (let day = 0; day < 30; day += 1) state = hour(state);
    expect(state.comparison.mixture).toEqual(before);
  });

  it('works by a floor alone, and by a comparison alone', () => {
    const floor: SequentialRule = { alpha: 0.05, floor: { atLeast: 0.5, weight: 1 }, minimumOutcomes: 20 };
    const comparison: SequentialRule = { alpha: 0.05, comparison: { margin: 0, weight: 1 }, minimumOutcomes: 20 };
    for (const rule of [floor, comparison]) {
      expect(judgeSequential(rule, take([HEALTHY, BROKEN, BROKEN], beginSequential(), rule))).toMatchObject({
        verdict: 'limitCrossed',
      });
      expect(judgeSequential(rule, take(times(2, HEALTHY), beginSequential(), rule))).toMatchObject({
        verdict: 'pass',
      });
    }
  });

  it('goes on comparing when legacy has drained, by what legacy was', () => {
    const soaking: BothSides = { target: some(10, 10), legacy: NO_OUTCOMES };
    const rule: SequentialRule = {
      alpha: 0.05,
      comparison: { margin: 0.02, weight: 0.5 },
      baseline: { margin: 0.02, weight: 0.5 },
      minimumOutcomes: 30,
    };
    const ramped = take(times(50, { target: some(17, 3), legacy: some(17, 3) }), beginSequential(), rule);
    expect(judgeSequential(rule, take(times(50, soaking), ramped, rule))).toMatchObject({ verdict: 'insufficient' });
    const frozen = freezeLegacy(rule, beginEpoch(ramped));
    expect(freezeLegacy(rule, frozen)).toBe(frozen);
    const judged = judgeSequential(rule, take(times(50, soaking), frozen, rule));
    expect(judged).toMatchObject({ verdict: 'limitCrossed', carriedBy: 'baseline' });
    expect(judged.message).toContain('margin 0.02');
    const fine: BothSides = { target: some(17, 3), legacy: NO_OUTCOMES };
    expect(judgeSequential(rule, take(times(500, fine), frozen, rule))).toMatchObject({ verdict: 'pass' });
  });

  it('G7 does not pass where there is nothing on legacy to compare with, however much there is on target', () => {
    const rule: SequentialRule = {
      alpha: 0.05,
      comparison: { margin: 0.02, weight: 0.5 },
      baseline: { margin: 0.02, weight: 0.5 },
      minimumOutcomes: 30,
    };
    const alone: BothSides = { target: some(2, 8), legacy: NO_OUTCOMES };
    const unseen = take(times(50, alone), beginSequential(), rule);
    expect(judgeSequential(rule, unseen)).toMatchObject({
      verdict: 'insufficient',
      message: expect.stringContaining('0 of the 30 outcomes needed on legacy in the attempt'),
    });
    const drained = freezeLegacy(rule, take([{ target: NO_OUTCOMES, legacy: some(5, 24) }], unseen, rule));
    expect(judgeSequential(rule, drained)).toMatchObject({
      verdict: 'insufficient',
      message: expect.stringContaining('legacy has drained with 29 of the 30 outcomes needed'),
    });
    const known = take([{ target: NO_OUTCOMES, legacy: some(6, 24) }], unseen, rule);
    expect(judgeSequential(rule, known)).toMatchObject({ verdict: 'pass' });
  });

  it('freezes nothing where the rule does not say so', () => {
    const state = take([HEALTHY]);
    expect(freezeLegacy(RULE, state)).toBe(state);
  });

  it('G7 of no data never passes and never crosses, however often one looks', () => {
    const nothing: BothSides = { target: NO_OUTCOMES, legacy: NO_OUTCOMES };
    const lenient: SequentialRule = { alpha: 0.05, floor: { atLeast: 0.5, weight: 1 }, minimumOutcomes: 0 };
    expect(judgeSequential(lenient, take(times(5_000, nothing)))).toMatchObject({ verdict: 'insufficient' });
    const suspect = take([HEALTHY, { target: some(0, 5), legacy: some(12, 8) }]);
    expect(take(times(100, nothing), suspect)).toBe(suspect);
    // Legacy alone says nothing of target.
    expect(judgeSequential(RULE, take(times(500, { ...HEALTHY, target: NO_OUTCOMES })))).toMatchObject({
      verdict: 'insufficient',
      logEvidence: 0,
    });
  });

  it.each([[-1], [0.5], [Number.NaN]])('refuses %d outcomes, and says what to pass', (kept) => {
    expect(() => take([{ target: some(kept, 0), legacy: NO_OUTCOMES }])).toThrow(/target\.kept must be a whole number/);
  });

  it('refuses limits whose parts of alpha do not add up', () => {
    const rule: SequentialRule = { ...RULE, floor: { atLeast: 0.5, weight: 0.6 } };
    expect(() => take([HEALTHY], beginSequential(), rule)).toThrow(/must add up to 1/);
  });
});

describe('the state of a gate', () => {
  const outcomes: fc.Arbitrary<Outcomes> = fc.record({ kept: fc.nat({ max: 40 }), missed: fc.nat({ max: 40 }) });
  const increments = fc.array(fc.record({ target: outcomes, legacy: outcomes }), { maxLength: 40 });

  it('goes through JSON and is taken up again exactly', () => {
    fc.assert(
      fc.property(increments, increments, fc.option(outcomes, { nil: undefined }), (before, after, history) => {
        const rule: SequentialRule = {
          ...RULE,
          floor: { atLeast: 0.5, weight: 0.3 },
          baseline: { margin: 0.05, weight: 0.1 },
        };
        const state = freezeLegacy(rule, take(before, beginSequential(history), rule));
        const stored = JSON.parse(JSON.stringify(state)) as SequentialState;
        expect(JSON.stringify(stored)).toBe(JSON.stringify(state));
        const later = [stored, state].map((from) => take(after, from, rule));
        expect(JSON.stringify(later[0])).toBe(JSON.stringify(later[1]));
        expect(later.map((each) => judgeSequential(rule, each))[0]).toEqual(judgeSequential(rule, later[1] ?? state));
      }),
    );
  });

  it('stays as small, however much it took', () => {
    const size = (state: SequentialState) => JSON.stringify(state).length;
    const random = randomOf(7);
    const draw = (): BothSides => ({ target: drawOutcomes(random, 9, 0.6), legacy: drawOutcomes(random, 30, 0.6) });
    expect(size(take(Array.from({ length: 5_000 }, draw)))).toBeLessThan(2 * size(beginSequential()) + 300);
  });

  it('does not depend on the order within a block', () => {
    const singles = fc.shuffledSubarray(
      [
        ...new Array<BothSides>(3).fill({ target: some(1, 0), legacy: NO_OUTCOMES }),
        ...new Array<BothSides>(3).fill({ target: some(0, 1), legacy: NO_OUTCOMES }),
        ...new Array<BothSides>(8).fill({ target: NO_OUTCOMES, legacy: some(1, 0) }),
        ...new Array<BothSides>(6).fill({ target: NO_OUTCOMES, legacy: some(0, 1) }),
      ],
      { minLength: 20, maxLength: 20 },
    );
    const rule: SequentialRule = { alpha: 0.05, comparison: { margin: 0, weight: 1 }, minimumOutcomes: 1 };
    const together = take([HEALTHY, { target: some(3, 3), legacy: some(8, 6) }], beginSequential(), rule);
    fc.assert(
      fc.property(singles, (one) => {
        const apart = take([HEALTHY, ...one], beginSequential(), rule);
        expect(apart.comparison).toEqual(together.comparison);
        expect(apart.highest).toBe(together.highest);
      }),
    );
  });

  it('takes a backlog of any size in one increment', () => {
    const lot = { target: some(6_000, 4_000), legacy: some(60_000, 40_000) };
    const alike = judgeSequential(RULE, take([HEALTHY, lot]));
    expect(alike).toMatchObject({ verdict: 'pass' });
    const huge: BothSides = { target: some(400_000_000, 600_000_000), legacy: some(600_000_000, 400_000_000) };
    const apart = judgeSequential(RULE, take([lot, huge]));
    expect(apart).toMatchObject({ verdict: 'limitCrossed' });
    expect(apart.message).toContain('less than 1 in 1,000,000,000 if healthy');
    expect(Number.isFinite(apart.logEvidence)).toBe(true);
  });
});

describe('Ville’s bound', () => {
  // At the boundary of both limits at once, where nothing is healthier than it must be; a large alpha shows most.
  it.each([
    ['5%', 1, 0.2],
    ['half', 6, 0.2],
    ['5%', 1, 0.5],
  ])('holds at the boundary, target at %s of a stream, looked at each time', (_, onTarget, alpha) => {
    const rule: SequentialRule = {
      alpha,
      comparison: { margin: 0.1, weight: 0.5 },
      floor: { atLeast: 0.6, weight: 0.5 },
      minimumOutcomes: 1,
    };
    const RUNS = 250;
    const random = randomOf(20_261_129 + onTarget);
    let crossed = 0;
    for (let run = 0; run < RUNS; run += 1) {
      let state = beginSequential();
      for (let look = 0; look < 200 && state.highest < -Math.log(alpha); look += 1) {
        const n = onTarget === 1 ? 19 : 6;
        state = takeSequential(rule, state, {
          target: drawOutcomes(random, onTarget, 0.6),
          legacy: drawOutcomes(random, n, 0.7),
        });
      }
      if (state.highest >= -Math.log(alpha)) crossed += 1;
    }
    expect(crossed / RUNS).toBeLessThanOrEqual(alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / RUNS));
    expect(crossed).toBeGreaterThan(0);
  });
});
