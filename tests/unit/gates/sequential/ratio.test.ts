import { reaches } from '../../../../domain/gates/sequential/evidence';
import {
  beginEpoch,
  beginSequential,
  freezeLegacy,
  judgeSequential,
  takeSequential,
  type SequentialJudgement,
  type SequentialState,
} from '../../../../domain/gates/sequential/outcome-gate';
import { NO_OUTCOMES, type BothSides, type Outcomes } from '../../../../domain/gates/sequential/outcomes';
import { isWithin } from '../../../../domain/gates/sequential/ratio';
import { sequentialRuleOf } from '../../../../domain/gates/sequential/rule-of-plan';
import { takingBy, times } from './looks';
import { drawOutcomes, randomOf } from './simulated';

const RULE = sequentialRuleOf({ kind: 'ratio', event: 'support.ticketOpened', times: 1.2, minimumOutcomes: 30 }, 0.05);

/** Of so many, so many wrote to support. */
const wrote = (missed: number, of: number): Outcomes => ({ kept: of - missed, missed });
const take = takingBy(RULE);
const judge = (state: SequentialState): SequentialJudgement => judgeSequential(RULE, state);

/** One in twenty writes, on either side. */
const ALIKE: BothSides = { target: wrote(1, 20), legacy: wrote(3, 60) };
/** Four times as many on target. */
const FOURFOLD: BothSides = { target: wrote(4, 20), legacy: wrote(3, 60) };

describe('a gate on how often something comes against legacy', () => {
  it('sees four times as many, with both numbers, and lets as many be', () => {
    const judged = judge(take(times(8, FOURFOLD)));
    expect(judged).toMatchObject({ verdict: 'limitCrossed', carriedBy: 'ratio' });
    expect(judged.message).toMatch(
      /^support\.ticketOpened in 32 of 160 on target, 24 of 480 on legacy, at most 1\.2 times as often; 1 in [\d,]+ if healthy$/,
    );
    expect(judge(take(times(2_000, ALIKE)))).toMatchObject({ verdict: 'pass', carriedBy: null });
  });

  it('sees it among patients who come one at a time, a minute each', () => {
    const random = randomOf(5);
    const one = (): BothSides => {
      const onTarget = random() < 0.25;
      const outcome = drawOutcomes(random, 1, onTarget ? 0.8 : 0.95);
      return onTarget ? { target: outcome, legacy: NO_OUTCOMES } : { target: NO_OUTCOMES, legacy: outcome };
    };
    let state = beginSequential();
    let came = 0;
    while (came < 3_000 && !reaches(state.highest, RULE.alpha)) {
      state = takeSequential(RULE, state, one());
      came += 1;
    }
    expect(judge(state).verdict).toBe('limitCrossed');
    expect(state.attempt.target.kept + state.attempt.target.missed).toBeLessThan(200);
  });

  it('waits for outcomes of both sides, and while more write than is allowed', () => {
    const noLegacy = judge(take(times(3, { target: wrote(0, 20), legacy: NO_OUTCOMES })));
    expect(noLegacy).toMatchObject({ verdict: 'insufficient' });
    expect(noLegacy.message).toContain('; 0 of the 30 outcomes needed on legacy in the attempt');
    const few = judge(take([{ target: wrote(0, 20), legacy: wrote(4, 80) }]));
    expect(few).toMatchObject({ verdict: 'insufficient' });
    expect(few.message).toContain('; 20 of the 30 outcomes needed since the split last changed');
    const more = judge(take([{ target: wrote(3, 40), legacy: wrote(4, 80) }]));
    expect(more).toMatchObject({ verdict: 'insufficient' });
    expect(more.message).toContain(
      "; 3 of 40 since the split last changed is more than 1.2 times legacy's 4 of 80, and no proof that it is broken",
    );
    expect(judge(take([{ target: wrote(2, 40), legacy: wrote(4, 80) }]))).toMatchObject({ verdict: 'pass' });
  });

  it('takes one alone for no ratio where nobody wrote on legacy, and two for more than allowed', () => {
    expect(isWithin(1, wrote(1, 30), wrote(0, 500))).toBe(true);
    expect(isWithin(1, wrote(2, 30), wrote(0, 500))).toBe(false);
    expect(isWithin(1.2, wrote(6, 100), wrote(10, 200))).toBe(true);
    expect(isWithin(1.2, wrote(7, 100), wrote(10, 200))).toBe(false);
    expect(judge(take([{ target: wrote(1, 30), legacy: wrote(0, 300) }]))).toMatchObject({ verdict: 'pass' });
    expect(judge(take([{ target: wrote(2, 30), legacy: wrote(0, 300) }]))).toMatchObject({ verdict: 'insufficient' });
  });

  it('I3 does not pass on an earlier split, and keeps what speaks against target', () => {
    const passing = take(times(10, ALIKE));
    expect(judge(passing)).toMatchObject({ verdict: 'pass' });
    expect(judge(beginEpoch(passing))).toMatchObject({ verdict: 'insufficient' });
    expect(judge(take(times(2, ALIKE), beginEpoch(passing)))).toMatchObject({ verdict: 'pass' });
    const suspect = take(times(3, FOURFOLD));
    expect(judge(suspect)).toMatchObject({ verdict: 'insufficient' });
    expect(judge(take(times(5, FOURFOLD), beginEpoch(suspect)))).toMatchObject({ verdict: 'limitCrossed' });
  });

  it('compares within one split: what waits for a block when it changes is no evidence', () => {
    let state = take([ALIKE]);
    const before = state.ratio?.counts;
    for (let day = 0; day < 30; day += 1) {
      const bad = take([{ target: wrote(5, 5), legacy: NO_OUTCOMES }], beginEpoch(state));
      state = take([{ target: NO_OUTCOMES, legacy: wrote(0, 30) }], beginEpoch(bad));
    }
    expect(state.ratio?.counts).toEqual(before);
  });
});

describe('once legacy has drained', () => {
  const ramped = take(times(20, { target: wrote(3, 60), legacy: wrote(3, 60) }));
  const drained = freezeLegacy(RULE, beginEpoch(ramped));

  it('it judges by what legacy had, and says so', () => {
    const worse = judge(take(times(30, { target: wrote(4, 20), legacy: NO_OUTCOMES }), drained));
    expect(worse).toMatchObject({ verdict: 'limitCrossed', carriedBy: 'baseline' });
    expect(worse.message).toContain('60 of 1200 on legacy before it drained, at most 1.2 times as often');
    const fine = judge(take(times(500, { target: wrote(1, 20), legacy: NO_OUTCOMES }), drained));
    expect(fine).toMatchObject({ verdict: 'pass' });
  });

  it('holds while more write than legacy had, without proof', () => {
    const some = judge(take(times(2, { target: wrote(2, 20), legacy: NO_OUTCOMES }), drained));
    expect(some).toMatchObject({ verdict: 'insufficient' });
    expect(some.message).toContain("4 of 40 since the split last changed is more than 1.2 times legacy's 60 of 1200");
  });

  it('with next to nothing known of legacy it holds, however few write, and says why; what is gross it sees all the same', () => {
    const little = freezeLegacy(RULE, beginEpoch(take([{ target: wrote(0, 5), legacy: wrote(0, 12) }])));
    for (const target of [wrote(0, 20), wrote(1, 20)]) {
      const judged = judge(take(times(100, { target, legacy: NO_OUTCOMES }), little));
      expect(judged).toMatchObject({ verdict: 'insufficient' });
      expect(judged.message).toContain(
        'legacy has drained with 12 of the 30 outcomes needed: there is nothing to compare with',
      );
    }
    const gross = judge(take(times(100, { target: wrote(18, 20), legacy: NO_OUTCOMES }), little));
    expect(gross).toMatchObject({ verdict: 'limitCrossed', carriedBy: 'baseline' });
  });

  it('does not take legacy’s rate for known: target at that of a lucky legacy is not rolled back', () => {
    const random = randomOf(13);
    let crossed = 0;
    const RUNS = 200;
    for (let run = 0; run < RUNS; run += 1) {
      const lucky = take([{ target: wrote(0, 1), legacy: drawOutcomes(random, 200, 0.95) }]);
      let state = freezeLegacy(RULE, beginEpoch(lucky));
      for (let look = 0; look < 60; look += 1) {
        // At the limit itself.
        state = take([{ target: drawOutcomes(random, 20, 0.94), legacy: NO_OUTCOMES }], state);
      }
      if (reaches(state.highest, RULE.alpha)) crossed += 1;
    }
    expect(crossed).toBeLessThanOrEqual(RUNS * RULE.alpha);
  });
});

describe('the state of such a gate', () => {
  it('goes through JSON, is taken up again exactly, and stays as small', () => {
    const random = randomOf(17);
    const draw = (): BothSides => ({
      target: drawOutcomes(random, 4, 0.9),
      legacy: drawOutcomes(random, 30, 0.95),
    });
    const state = take(Array.from({ length: 2_000 }, draw));
    const stored = JSON.parse(JSON.stringify(state)) as SequentialState;
    const later = Array.from({ length: 50 }, draw);
    const frozen = [state, stored].map((from) => take(later, freezeLegacy(RULE, beginEpoch(from))));
    expect(JSON.stringify(frozen[1])).toBe(JSON.stringify(frozen[0]));
    expect(JSON.stringify(state).length).toBeLessThan(JSON.stringify(take([ALIKE])).length + 400);
  });

  it('is nothing that other gates have', () => {
    const floor = sequentialRuleOf({ kind: 'floor', atLeast: 0.9, minimumOutcomes: 20 }, 0.05);
    expect(beginEpoch(take([ALIKE], beginSequential(), floor))).not.toHaveProperty('ratio');
  });

  it('does not change on nothing, and refuses what is no count', () => {
    const state = take([ALIKE]);
    expect(take([{ target: NO_OUTCOMES, legacy: NO_OUTCOMES }], state)).toBe(state);
    expect(() => take([{ target: { kept: 1, missed: -1 }, legacy: NO_OUTCOMES }])).toThrow(/whole number/);
  });
});

describe('Ville’s bound', () => {
  // At the limit itself, where nothing is healthier than it must be; a large alpha shows most.
  it.each([
    ['5%', 1, 19],
    ['half', 6, 6],
  ])('holds with target at %s of a stream, looked at each time', (_, onTarget, onLegacy) => {
    const rule = { ...RULE, alpha: 0.2 };
    const random = randomOf(20_261_130 + onTarget);
    const RUNS = 250;
    let crossed = 0;
    for (let run = 0; run < RUNS; run += 1) {
      let state = beginSequential();
      for (let look = 0; look < 300 && !reaches(state.highest, rule.alpha); look += 1) {
        state = takeSequential(rule, state, {
          target: drawOutcomes(random, onTarget, 0.94),
          legacy: drawOutcomes(random, onLegacy, 0.95),
        });
      }
      if (reaches(state.highest, rule.alpha)) crossed += 1;
    }
    expect(crossed / RUNS).toBeLessThanOrEqual(rule.alpha + 3 * Math.sqrt((rule.alpha * (1 - rule.alpha)) / RUNS));
    expect(crossed).toBeGreaterThan(0);
  });
});
