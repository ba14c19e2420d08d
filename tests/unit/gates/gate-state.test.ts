import {
  beginGate,
  holdLegacy,
  judgedRule,
  judgeState,
  moveToEpoch,
  NO_TEST,
  takeLegacyPast,
  takeOutcomes,
  type GateState,
  type Increment,
  type JudgedRule,
} from '../../../domain/gates/gate-state';
import { judgeTogether } from '../../../domain/gates/judge-together';
import type { GateRule } from '../../../domain/plan/plan-schema';

const FLOOR: GateRule = { kind: 'floor', atLeast: 0.9, minimumOutcomes: 20 };
const COMPARISON: GateRule = { kind: 'comparison', margin: 0.05, minimumOutcomes: 20 };
const FIRST: GateRule = { kind: 'zeroTolerance', missed: 2, minimumOutcomes: 10, ofFirst: 10 };

const of = (rule: GateRule, tested = 1): JudgedRule => judgedRule(rule, 0.05, tested);
const some = (kept: number, missed: number): { kept: number; missed: number } => ({ kept, missed });
const came = (
  target: [number, number],
  legacy: [number, number] = [0, 0],
  split: Increment['of'] = 'current',
): Increment => ({
  of: split,
  target: some(...target),
  legacy: some(...legacy),
});
const times = (count: number, increment: Increment): Increment[] => Array.from({ length: count }, () => increment);
const after = (rule: JudgedRule, increments: Increment[], from: GateState = beginGate(rule, 2)): GateState =>
  takeOutcomes(rule, from, increments);

describe('a gate that is judged on what matured', () => {
  it('crosses a floor on evidence, long before it has as many outcomes as going on asks for', () => {
    const rule = of(FLOOR);
    const judged = judgeState(rule, after(rule, [came([0, 1]), came([0, 1]), came([0, 1])]));
    expect(judged).toMatchObject({ verdict: 'limitCrossed', alpha: 0.05, carriedBy: 'floor', proven: false });
    expect(judged.logEvidence).toBeGreaterThanOrEqual(Math.log(20));
  });

  it('neither rolls back nor goes on where the rate is below the floor without proof that it is', () => {
    const rule = of(FLOOR);
    const judged = judgeState(rule, after(rule, [came([17, 3])]));
    expect(judged).toMatchObject({ verdict: 'insufficient' });
    expect(judged.message).toContain('below the floor');
  });

  it('does the same by the plain rate where the plan asks for that', () => {
    const rule = of({ ...FLOOR, test: 'threshold' });
    expect(judgeState(rule, after(rule, [came([17, 2])]))).toMatchObject({ verdict: 'insufficient' });
    expect(judgeState(rule, after(rule, [came([17, 3])]))).toMatchObject({
      verdict: 'limitCrossed',
      logEvidence: null,
    });
  });

  it('asks each of several gates for more evidence, since they share what the phase allows', () => {
    expect(of(FLOOR, 4).test?.alpha).toBeCloseTo(0.0125);
    const asks: GateRule = { ...FLOOR, above: 0.85 };
    expect(of(asks, 4).test?.goingOn).toMatchObject({ alpha: 0.05, above: 0.85 });
  });

  it('I3 asks for outcomes of the current split to go on, and keeps what spoke against it before', () => {
    const rule = of(COMPARISON);
    const passing = after(rule, times(10, came([9, 1], [9, 1])));
    expect(judgeState(rule, passing)).toMatchObject({ verdict: 'pass', proven: false });
    const moved = moveToEpoch(passing, 3);
    expect(moved.attempt).toEqual(passing.attempt);
    expect(judgeState(rule, moved)).toMatchObject({ verdict: 'insufficient' });
    const late = after(rule, times(10, came([9, 1], [9, 1], 'earlier')), moved);
    expect(judgeState(rule, late)).toMatchObject({ verdict: 'insufficient' });
    expect(late.attempt.target).toEqual(some(180, 20));
    expect(late.epoch.target).toEqual(some(0, 0));
    const worse = after(rule, times(8, came([0, 10], [9, 1], 'earlier')), moved);
    expect(judgeState(rule, worse)).toMatchObject({ verdict: 'limitCrossed', carriedBy: 'comparison' });
  });

  it('holds legacy to what it was once it has drained', () => {
    const rule = of(COMPARISON);
    const ramped = after(rule, times(60, came([18, 2], [18, 2])));
    const moved = moveToEpoch(ramped, 3);
    expect(moveToEpoch(moved, 3)).toBe(moved);
    // What began on legacy before is still to mature.
    expect(holdLegacy(rule, moved)).toBe(moved);
    const drained = holdLegacy(rule, after(rule, [came([18, 2])], moved));
    expect(holdLegacy(rule, drained)).toBe(drained);
    const judged = judgeState(rule, after(rule, times(60, came([12, 8])), drained));
    expect(judged).toMatchObject({ verdict: 'limitCrossed', carriedBy: 'baseline' });
  });

  it('lets a step end early only on the evidence that was asked for', () => {
    const rule = of({ ...COMPARISON, notWorseBy: 0.1 });
    expect(judgeState(rule, after(rule, [came([20, 2], [20, 2])]))).toMatchObject({ verdict: 'insufficient' });
    expect(judgeState(rule, after(rule, times(60, came([10, 1], [10, 1]))))).toMatchObject({
      verdict: 'pass',
      proven: true,
    });
  });

  it('counts the first so many, one by one where that is known, and no more after them', () => {
    const rule = of(FIRST);
    const nine = takeOutcomes(rule, beginGate(rule, 2), [came([7, 2])], some(7, 2));
    expect(judgeState(rule, nine)).toMatchObject({ verdict: 'insufficient' });
    const known = takeOutcomes(rule, nine, [came([20, 5])], some(1, 0));
    expect(judgeState(rule, known)).toMatchObject({ verdict: 'pass', proven: true });
    expect(known.first).toEqual(some(8, 2));
    expect(judgeState(rule, moveToEpoch(known, 3))).toMatchObject({ verdict: 'pass' });
    // In one interval nobody knows which were first: the missed ones count.
    expect(judgeState(rule, takeOutcomes(rule, nine, [came([20, 5])]))).toMatchObject({ verdict: 'limitCrossed' });
  });

  describe("compared with legacy's own times", () => {
    const rule = of({ kind: 'slowerThanLegacy', margin: 0.05, minimumOutcomes: 20 });
    const took = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
    const of9in10: Increment = { of: 'current', target: some(9, 1), legacy: some(9, 1) };
    const alike: Increment = {
      ...of9in10,
      byCut: [{ target: some(5, 5), legacy: some(5, 5) }, of9in10, { target: some(10, 0), legacy: some(10, 0) }],
    };

    it('takes them from before the attempt, where that is enough, and counts all of the attempt', () => {
      const state = takeLegacyPast(beginGate(rule, 2), { before: took(100), since: [1e9], last: '77' });
      expect(state).toMatchObject({ last: '0', slower: { cuts: [{ within: 50 }, { within: 90 }, { within: 99 }] } });
      expect(takeLegacyPast(state, { before: took(500), since: [], last: '99' })).toBe(state);
    });

    it('takes them from the attempt too where it is not, and counts what comes after it', () => {
      const few = takeLegacyPast(beginGate(rule, 2), { before: took(40), since: took(59), last: '77' });
      expect(few).toMatchObject({ last: '0', slower: { known: 99, cuts: [] } });
      expect(judgeState(rule, few)).toMatchObject({
        ...{ verdict: 'insufficient', alpha: 0.05, logEvidence: 0, logEvidenceNow: 0, proven: false },
        message: expect.stringContaining('99 of the 100 outcomes of legacy') as string,
      });
      const known = takeLegacyPast(few, { before: took(40), since: took(60), last: '78' });
      expect(known).toMatchObject({ last: '78', slower: { cuts: [{}, {}, {}] } });
    });

    it('keeps them over a change of the split, and drains with them', () => {
      const known = takeLegacyPast(beginGate(rule, 2), { before: took(100), since: [], last: '0' });
      const passing = after(rule, times(10, alike), known);
      expect(judgeState(rule, passing)).toMatchObject({ verdict: 'pass', proven: false });
      expect(passing.attempt).toEqual({ target: some(90, 10), legacy: some(90, 10) });
      const moved = moveToEpoch(passing, 3);
      expect(moved.slower?.cuts.map(({ within }) => within)).toEqual([50, 90, 99]);
      expect(judgeState(rule, moved)).toMatchObject({ verdict: 'insufficient' });
      expect(holdLegacy(rule, moved)).toBe(moved);
      const drained = holdLegacy(rule, after(rule, [alike], moved));
      expect(drained.slower?.cuts.every(({ test }) => test.frozen !== null)).toBe(true);
      expect(holdLegacy(rule, drained)).toBe(drained);
    });

    it('is none of what other rules remember', () => {
      expect(Object.keys(beginGate(of(COMPARISON), 2))).not.toContain('slower');
      const state = beginGate(of(COMPARISON), 2);
      expect(takeLegacyPast(state, { before: took(100), since: [], last: '5' })).toBe(state);
    });
  });

  it('is remembered as plain JSON of one size', () => {
    const rule = of(COMPARISON);
    const small = after(rule, times(50, came([18, 2], [18, 2])));
    const large = after(rule, times(5_000, came([18, 2], [18, 2])));
    expect(JSON.parse(JSON.stringify(large))).toEqual(large);
    expect(JSON.stringify(large).length).toBeLessThan(JSON.stringify(small).length * 1.2);
  });
});

describe('the gates of a phase together', () => {
  const judged = (
    id: string,
    rule: JudgedRule,
    increments: Increment[],
  ): { gate: { id: string }; judgement: ReturnType<typeof judgeState> } => ({
    gate: { id },
    judgement: judgeState(rule, after(rule, increments)),
  });

  it('cross a limit that none of them crosses alone, and name the one that carries it', () => {
    const rule = of(FLOOR, 2);
    const alone = times(2, came([1, 1]));
    const one = judged('one', rule, [...alone, came([0, 1])]);
    const two = judged('two', rule, [...alone, came([0, 1]), came([1, 0])]);
    expect([one, two].map(({ judgement }) => judgement.verdict)).toEqual(['insufficient', 'insufficient']);
    const together = Math.log(
      (Math.exp(one.judgement.logEvidenceNow ?? 0) + Math.exp(two.judgement.logEvidenceNow ?? 0)) / 2,
    );
    const enough = judgeTogether([one, two], Math.exp(-together) * 1.01, 2);
    expect(enough.map(({ judgement }) => judgement.verdict)).toEqual(['limitCrossed', 'insufficient']);
    expect(enough[0]?.judgement.message).toContain("with the phase's other gates");
    const less = judgeTogether([one, two], Math.exp(-together) * 0.99, 2);
    expect(less.map(({ judgement }) => judgement.verdict)).toEqual(['insufficient', 'insufficient']);
    // A third one whose source is away now makes nobody else's evidence weigh more.
    const { judgement } = two;
    const away = { gate: { id: 'away' }, judgement: { ...judgement, ...NO_TEST, verdict: 'sourceError' as const } };
    const silent = judgeTogether([one, two, away], Math.exp(-together) * 1.01, 3);
    expect(silent.map(({ judgement: { verdict } }) => verdict)).toEqual([
      'insufficient',
      'insufficient',
      'sourceError',
    ]);
    const despite = judgeTogether([one, two, away], Math.exp(-together) * 1.5 * 1.01, 3);
    expect(despite.map(({ judgement: { verdict } }) => verdict)).toEqual([
      'limitCrossed',
      'insufficient',
      'sourceError',
    ]);
  });

  it('leave a plain threshold and a count of cases out', () => {
    const plain = judged('plain', of({ ...FLOOR, test: 'threshold' }), [came([10, 0])]);
    const tested = judged('tested', of(FLOOR), [came([0, 1])]);
    expect(judgeTogether([plain, tested], 0.99, 1)).toEqual([plain, tested]);
  });
});
