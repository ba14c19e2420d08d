import { beginSequential, judgeSequential, takeSequential } from '../../../../domain/gates/sequential/outcome-gate';
import { NO_OUTCOMES } from '../../../../domain/gates/sequential/outcomes';
import { isTested, sequentialRuleOf, type TestedRule } from '../../../../domain/gates/sequential/rule-of-plan';
import type { GateRule } from '../../../../domain/plan/plan-schema';

const ALPHA = 0.025;
const RATIO = { kind: 'ratio', event: 'support.ticketOpened', times: 1.2, minimumOutcomes: 20 } as const;
const LATENCY = { kind: 'latency', percentile: 99.9, within: 60_000, minimumOutcomes: 20 } as const;

describe('the sequential test of a rule of a plan', () => {
  it.each<[string, TestedRule, object]>([
    [
      'a floor has all of alpha',
      { kind: 'floor', atLeast: 0.95, minimumOutcomes: 20 },
      { floor: { atLeast: 0.95, weight: 1 } },
    ],
    [
      'a floor asks for what is above it',
      { kind: 'floor', atLeast: 0.95, minimumOutcomes: 20, above: 0.96 },
      { floor: { atLeast: 0.95, weight: 1 }, goingOn: { alpha: ALPHA, above: 0.96 } },
    ],
    [
      'a comparison goes on once legacy has drained, by the same margin',
      { kind: 'comparison', margin: 0.05, minimumOutcomes: 20 },
      { comparison: { margin: 0.05, weight: 0.8 }, baseline: { margin: 0.05, weight: 0.2 } },
    ],
    [
      'a comparison asks for what is not worse',
      { kind: 'comparison', margin: 0.05, minimumOutcomes: 20, notWorseBy: 0.04 },
      {
        comparison: { margin: 0.05, weight: 0.8 },
        baseline: { margin: 0.05, weight: 0.2 },
        goingOn: { alpha: ALPHA, notWorseBy: 0.04 },
      },
    ],
    ['a latency is a floor of fast ones, by exactly its percentile', LATENCY, { floor: { atLeast: 0.999, weight: 1 } }],
    [
      'a latency with a margin is a comparison of fast ones',
      { ...LATENCY, margin: 0.1, above: 0.8 },
      {
        comparison: { margin: 0.1, weight: 0.8 },
        baseline: { margin: 0.1, weight: 0.2 },
        goingOn: { alpha: ALPHA, above: 0.8 },
      },
    ],
    [
      "what is slower than legacy is a comparison at each of legacy's times",
      { kind: 'slowerThanLegacy', margin: 0.05, minimumOutcomes: 20, notWorseBy: 0.04 },
      {
        comparison: { margin: 0.05, weight: 0.8 },
        baseline: { margin: 0.05, weight: 0.2 },
        goingOn: { alpha: ALPHA, notWorseBy: 0.04 },
      },
    ],
    [
      'a ratio goes on once legacy has drained, by as many times',
      RATIO,
      {
        ratio: { event: 'support.ticketOpened', times: 1.2, weight: 0.8 },
        baseline: { times: 1.2, weight: 0.2 },
      },
    ],
  ])('%s', (_, rule, expected) => {
    expect(sequentialRuleOf(rule, ALPHA)).toEqual({ alpha: ALPHA, minimumOutcomes: 20, ...expected });
  });

  it('adds up to one whole alpha, so that each of them can be judged', () => {
    const rules: TestedRule[] = [
      { kind: 'floor', atLeast: 0.95, minimumOutcomes: 1, above: 0.5 },
      { kind: 'comparison', margin: 0, minimumOutcomes: 1, notWorseBy: 0.3 },
      { ...LATENCY, margin: 0.1, above: 0.1 },
      RATIO,
    ];
    const outage = { target: { kept: 0, missed: 40 }, legacy: { kept: 38, missed: 2 } };
    for (const rule of rules) {
      const tested = sequentialRuleOf(rule, ALPHA);
      const begun = judgeSequential(tested, beginSequential());
      expect(begun.verdict).toBe('insufficient');
      const judged = judgeSequential(tested, takeSequential(tested, beginSequential(), outage));
      expect(judged.verdict).toBe('limitCrossed');
    }
  });

  it('holds a step until what it asks for is shown, though no limit is crossed', () => {
    const tested = sequentialRuleOf({ kind: 'floor', atLeast: 0.6, minimumOutcomes: 5, above: 0.6 }, ALPHA);
    const few = takeSequential(tested, beginSequential(), { target: { kept: 5, missed: 1 }, legacy: NO_OUTCOMES });
    expect(judgeSequential(tested, few).verdict).toBe('insufficient');
    const many = takeSequential(tested, few, { target: { kept: 95, missed: 5 }, legacy: NO_OUTCOMES });
    expect(judgeSequential(tested, many).verdict).toBe('pass');
  });

  it('knows no floor of 100%, and says what to write', () => {
    expect(() => sequentialRuleOf({ kind: 'floor', atLeast: 1, minimumOutcomes: 20 }, ALPHA)).toThrow(
      /zeroTolerance, missed: 0 .*'test: threshold'/,
    );
  });

  it.each<[GateRule, boolean]>([
    [{ kind: 'floor', atLeast: 0.9, minimumOutcomes: 20 }, true],
    [{ kind: 'floor', atLeast: 0.9, minimumOutcomes: 20, test: 'sequential' }, true],
    [{ kind: 'floor', atLeast: 0.9, minimumOutcomes: 20, test: 'threshold' }, false],
    [{ kind: 'comparison', margin: 0.05, minimumOutcomes: 20 }, true],
    [LATENCY, true],
    [{ ...LATENCY, test: 'threshold' }, false],
    [{ kind: 'slowerThanLegacy', margin: 0.05, minimumOutcomes: 30 }, true],
    [{ kind: 'zeroTolerance', missed: 0, minimumOutcomes: 1 }, false],
    [RATIO, true],
    [{ kind: 'capacity', team: 'support', during: 1 }, false],
  ])('is asked for %j: %s', (rule, asked) => {
    expect(isTested(rule)).toBe(asked);
  });
});
