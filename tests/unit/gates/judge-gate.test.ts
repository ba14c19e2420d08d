import fc from 'fast-check';
import { judgeGate } from '../../../domain/gates/judge-gate';
import type { GateReading, OutcomeCounts } from '../../../domain/gates/outcome-counts';
import type { GateRule } from '../../../domain/plan/plan-schema';

const NONE: OutcomeCounts = { kept: 0, missed: 0, released: 0 };
const counts = (kept: number, missed: number): OutcomeCounts => ({ kept, missed, released: 0 });

function reading(target: OutcomeCounts, legacy: OutcomeCounts = NONE, epoch: OutcomeCounts = target): GateReading {
  return { target: { attempt: target, epoch }, legacy: { attempt: legacy, epoch: legacy }, newestAt: null };
}

describe('floor', () => {
  const rule: GateRule = { kind: 'floor', atLeast: 0.97, minimumOutcomes: 20 };

  it('says both numbers when the limit is crossed', () => {
    expect(judgeGate(rule, reading(counts(41, 59)))).toEqual({
      verdict: 'limitCrossed',
      message: 'kept 0.41 < 0.97 (n=100)',
    });
  });

  it('neither passes nor crosses on too few', () => {
    expect(judgeGate(rule, reading(counts(0, 19)))).toMatchObject({ verdict: 'insufficient' });
  });

  it('I3 does not pass on evidence of an earlier epoch', () => {
    const earlier = reading(counts(100, 0), NONE, counts(3, 0));
    expect(judgeGate(rule, earlier)).toMatchObject({
      verdict: 'insufficient',
      message: expect.stringContaining('3 of the 20'),
    });
  });

  it('crosses on what accumulated over the attempt, whatever the epoch says', () => {
    expect(judgeGate(rule, reading(counts(80, 20), NONE, counts(3, 0)))).toMatchObject({ verdict: 'limitCrossed' });
  });

  it('leaves released ones out', () => {
    const released: OutcomeCounts = { kept: 97, missed: 3, released: 1_000 };
    expect(judgeGate(rule, reading(released))).toEqual({ verdict: 'pass', message: 'kept 0.97 >= 0.97 (n=100)' });
  });
});

describe('comparison', () => {
  const rule: GateRule = { kind: 'comparison', margin: 0.1, minimumOutcomes: 30 };

  it('crosses when target is more than the margin under legacy', () => {
    expect(judgeGate(rule, reading(counts(20, 20), counts(90, 10)))).toMatchObject({ verdict: 'limitCrossed' });
  });

  it('passes a target that is as bad as legacy: that is not the new stack', () => {
    expect(judgeGate(rule, reading(counts(20, 20), counts(20, 20)))).toMatchObject({ verdict: 'pass' });
  });

  it.each([0.01, 0.05, 0.07, 0.1, 0.29])(
    'does not cross at exactly its margin of %d, which is not exact in binary',
    (margin) => {
      for (const legacyKept of [100, 99, 97, 90]) {
        const target = Math.round(legacyKept - 100 * margin);
        const seen = reading(counts(target, 100 - target), counts(legacyKept, 100 - legacyKept));
        expect(judgeGate({ ...rule, margin }, seen)).toMatchObject({ verdict: 'pass' });
        const worse = reading(counts(target - 1, 101 - target), counts(legacyKept, 100 - legacyKept));
        expect(judgeGate({ ...rule, margin }, worse)).toMatchObject({ verdict: 'limitCrossed' });
      }
    },
  );

  it('waits for both sides', () => {
    expect(judgeGate(rule, reading(counts(0, 40), counts(5, 0)))).toMatchObject({
      verdict: 'insufficient',
      message: '5 of the 30 outcomes needed on legacy',
    });
  });
});

describe('zero tolerance', () => {
  const rule: GateRule = { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 5 };

  it('crosses at the first one, however few there are', () => {
    expect(judgeGate(rule, reading(counts(0, 1)))).toEqual({ verdict: 'limitCrossed', message: 'missed 1 > 0 (n=1)' });
    expect(judgeGate({ ...rule, counts: 'secondEnds' }, reading(counts(0, 1))).message).toBe('ended twice 1 > 0 (n=1)');
  });

  it('does not pass before there is anything to go by', () => {
    expect(judgeGate(rule, reading(counts(4, 0)))).toMatchObject({ verdict: 'insufficient' });
    expect(judgeGate(rule, reading(counts(5, 0)))).toMatchObject({ verdict: 'pass' });
  });
});

it('one more kept outcome never turns a pass into anything worse', () => {
  const few = fc.integer({ min: 0, max: 200 });
  const rules: GateRule[] = [
    { kind: 'floor', atLeast: 0.9, minimumOutcomes: 10 },
    { kind: 'comparison', margin: 0.05, minimumOutcomes: 10 },
    { kind: 'zeroTolerance', missed: 2, minimumOutcomes: 1 },
  ];
  fc.assert(
    fc.property(few, few, few, few, fc.constantFrom(...rules), (kept, missed, legacyKept, legacyMissed, rule) => {
      const legacy = counts(legacyKept, legacyMissed);
      fc.pre(judgeGate(rule, reading(counts(kept, missed), legacy)).verdict === 'pass');
      expect(judgeGate(rule, reading(counts(kept + 1, missed), legacy)).verdict).toBe('pass');
    }),
  );
});
