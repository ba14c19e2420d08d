import { asNineInTen, outcomesFor, timeTaken, type PastOutcome } from '../../../domain/backtest/past-outcome';
import type { PastStep } from '../../../domain/backtest/past-ramp';
import { replayGates, type GateReplay } from '../../../domain/backtest/replay-gate';
import { judgedRule } from '../../../domain/gates/gate-state';
import { BUCKETS, type GateRule } from '../../../domain/plan/plan-schema';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** By its plain rate. */
const FLOOR: GateRule = { kind: 'floor', atLeast: 0.9, minimumOutcomes: 10, test: 'threshold' };
/** On evidence. */
const TESTED: GateRule = { kind: 'floor', atLeast: 0.9, minimumOutcomes: 10 };
const FALSE_ROLLBACKS = 0.05;

/** One occurrence an hour, of a journey of its own, each over after half an hour. */
function hourly(hours: number, outcome: (hour: number) => PastOutcome['outcome'] = () => 'kept'): PastOutcome[] {
  return Array.from({ length: hours }, (_, hour) => ({
    journey: hour,
    startedAt: hour * HOUR,
    outcome: outcome(hour),
    at: outcome(hour) === null ? Infinity : (hour + 0.5) * HOUR,
  }));
}

/** Every other journey in the first half of the buckets. */
const HALVES = Int32Array.from({ length: 10_000 }, (_, journey) => (journey % 2 === 0 ? 0 : BUCKETS - 1));

const ALL: PastStep = { share: BUCKETS, perDay: null, watch: DAY, newEpoch: true };
const HALF: PastStep = { ...ALL, share: BUCKETS / 2 };
const SOAK: PastStep = { ...ALL, newEpoch: false };

/** @param lastAt of the history; it ends with its last occurrence unless said */
function replay(
  rule: GateRule,
  steps: readonly PastStep[],
  occurrences: readonly PastOutcome[],
  lastAt = Math.max(...occurrences.map(({ startedAt, at, outcome }) => (outcome === null ? startedAt : at))),
): GateReplay {
  return together([{ id: 'gate', rule, outcomes: occurrences }], steps, lastAt);
}

/** As a phase watches them. */
function together(
  gates: readonly { id: string; rule: GateRule; outcomes: readonly PastOutcome[] }[],
  steps: readonly PastStep[],
  lastAt: number,
): GateReplay {
  const tested = gates.filter(({ rule }) => rule.kind === 'floor' && rule.test === undefined).length;
  return replayGates(
    gates.map((gate) => ({ ...gate, rule: judgedRule(gate.rule, FALSE_ROLLBACKS, tested) })),
    { steps, buckets: HALVES, firstAt: 0, lastAt, falseRollbacks: FALSE_ROLLBACKS },
  );
}

describe('a gate over history', () => {
  it('comes through ramp and soak again and again where all is well', () => {
    expect(replay(FLOOR, [ALL, SOAK], hourly(24 * 7))).toEqual({
      attempts: 3,
      fired: 0,
      passed: 3,
      unfinishedAfterSteps: 0,
      firedShare: 0,
      first: null,
      waited: 0,
    });
  });

  it('fires as soon as the limit is crossed on outcomes enough, and says when, at which step and on what', () => {
    const result = replay(
      FLOOR,
      [ALL, SOAK],
      hourly(30, (hour) => (hour >= 20 ? 'missed' : 'kept')),
    );
    // 20 kept and three missed are 0.87.
    expect(result.first).toEqual({
      at: 22.5 * HOUR,
      after: 22.5 * HOUR,
      step: 1,
      gate: 'gate',
      message: 'kept 0.87 < 0.90 (n=23)',
    });
    expect(result.fired).toBe(1);
  });

  it('begins anew after it fired, with what starts from then on: two bad hours are counted in one attempt', () => {
    const result = replay(
      FLOOR,
      [ALL, SOAK],
      hourly(24 * 3, (hour) => (hour >= 10 && hour < 12 ? 'missed' : 'kept')),
    );
    expect(result).toMatchObject({ fired: 1, passed: 1, attempts: 2, firedShare: 0.5 });
    const again = replay(
      FLOOR,
      [ALL, SOAK],
      hourly(24 * 3, () => 'missed'),
    );
    // Every ten outcomes of an attempt; the last attempt has two.
    expect(again).toMatchObject({ fired: 7, passed: 0, firedShare: 1 });
  });

  it('waits past the watch for outcomes of the current epoch, and says for how long', () => {
    const short: PastStep = { ...ALL, watch: 5 * HOUR };
    const result = replay(FLOOR, [short, SOAK], hourly(40));
    // The tenth outcome is there after 9.5 hours; the soak of a day goes on in the same epoch.
    expect(result).toMatchObject({ passed: 1, waited: 4.5 * HOUR });
    const twoEpochs = replay(FLOOR, [short, short, SOAK], hourly(45));
    expect(twoEpochs).toMatchObject({ passed: 1, waited: 4.5 * HOUR + 5 * HOUR });
  });

  it('goes on to the end of the history, however quiet its tail', () => {
    // Twelve outcomes of the first half day, and then days in which only other things happen.
    expect(replay(FLOOR, [ALL, SOAK], hourly(12), 2 * DAY - 1)).toMatchObject({ passed: 0, unfinishedAfterSteps: 1 });
    expect(replay(FLOOR, [ALL, SOAK], hourly(12), 2 * DAY)).toMatchObject({
      attempts: 1,
      passed: 1,
      firedShare: 0,
      unfinishedAfterSteps: 0,
      waited: 0,
    });
  });

  it('waits for sparse outcomes, and is over once they and the watch are, with none to come', () => {
    const zero: GateRule = { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 1 };
    const sparse = [0, 5 * DAY].map((startedAt): PastOutcome => ({
      ...{ journey: 0, startedAt, outcome: 'kept', at: startedAt + HOUR },
    }));
    // The second step is over with its one outcome, on the sixth day; the soak a day later.
    const over = 6 * DAY + HOUR;
    expect(replay(zero, [HALF, ALL, SOAK], sparse, over - 1)).toMatchObject({ passed: 0, unfinishedAfterSteps: 2 });
    expect(replay(zero, [HALF, ALL, SOAK], sparse, over)).toMatchObject({ passed: 1, waited: 3 * DAY + HOUR });
  });

  it('counts target alone for a floor, by the buckets of the journeys', () => {
    const legacyFails = hourly(60, (hour) => (hour % 2 === 1 ? 'missed' : 'kept'));
    expect(replay(FLOOR, [HALF], legacyFails)).toMatchObject({ fired: 0, passed: 2 });
    const targetFails = hourly(60, (hour) => (hour % 2 === 0 ? 'missed' : 'kept'));
    expect(replay(FLOOR, [HALF], targetFails).first?.at).toBe(18.5 * HOUR);
  });

  it('compares both sides of one history', () => {
    const rule: GateRule = { kind: 'comparison', margin: 0.2, minimumOutcomes: 10, test: 'threshold' };
    const oneSideFails = hourly(60, (hour) => (hour % 2 === 0 && hour > 30 ? 'missed' : 'kept'));
    expect(replay(rule, [HALF], oneSideFails)).toMatchObject({ fired: 1 });
    const bothFail = hourly(60, (hour) => (hour > 30 ? 'missed' : 'kept'));
    expect(replay(rule, [HALF], bothFail)).toMatchObject({ fired: 0 });
  });

  it('lets target take no more a day than the step says, those who are placed staying where they are', () => {
    const rule: GateRule = { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 3 };
    const perDay: PastStep = { ...ALL, perDay: 3, watch: 3 * DAY };
    const fourthFails = hourly(72, (hour) => (hour % 24 === 3 ? 'missed' : 'kept'));
    expect(replay(rule, [perDay], fourthFails)).toMatchObject({ fired: 0 });
    const thirdFails = hourly(72, (hour) => (hour === 26 ? 'missed' : 'kept'));
    expect(replay(rule, [perDay], thirdFails).first?.at).toBe(26.5 * HOUR);
  });

  it('counts neither what was released, nor what was open at the log’s end, nor what began in an earlier attempt', () => {
    expect(
      replay(
        FLOOR,
        [ALL],
        hourly(48, () => 'released'),
      ),
    ).toMatchObject({ attempts: 0, firedShare: null });
    expect(
      replay(
        FLOOR,
        [ALL],
        hourly(48, () => null),
      ),
    ).toMatchObject({ attempts: 0, unfinishedAfterSteps: 0 });
    const late = [
      ...hourly(10, () => 'missed'),
      ...Array.from({ length: 10 }, (_, index): PastOutcome => ({
        journey: 100 + index,
        startedAt: 9.4 * HOUR,
        outcome: 'missed',
        at: 12 * HOUR,
      })),
    ].sort((a, b) => a.startedAt - b.startedAt);
    expect(replay(FLOOR, [ALL], late)).toMatchObject({ fired: 1 });
  });
});

describe('gates on evidence over history', () => {
  const outage = (from: number) => hourly(48, (hour) => (hour >= from ? 'missed' : 'kept'));

  it('judge as a migration does: an outage is crossed within a few outcomes, long before the plain rule has enough of them', () => {
    const first = replay(TESTED, [ALL, SOAK], outage(0)).first;
    expect(first).toMatchObject({ step: 1, gate: 'gate' });
    expect(first?.message).toMatch(/^kept 0\.00, floor 0\.90 \(n=\d\); 1 in [\d,.]+ if healthy$/);
    expect(first?.after).toBeLessThan(4 * HOUR);
    expect(replay(FLOOR, [ALL, SOAK], outage(0)).first?.after).toBe(9.5 * HOUR);
  });

  it('forgive what is no evidence: the plain rule fires on one hour in nine, the test does not', () => {
    const scattered = hourly(24 * 6, (hour) => (hour % 9 === 0 ? 'missed' : 'kept'));
    expect(replay(FLOOR, [ALL, SOAK], scattered).fired).toBeGreaterThan(0);
    expect(replay(TESTED, [ALL, SOAK], scattered)).toMatchObject({ fired: 0 });
  });

  it('share what a phase allows: two of them ask for more than one does, and the attempt is over for both', () => {
    const outcomes = outage(10);
    const healthy = hourly(48);
    const alone = replay(TESTED, [ALL, SOAK], outcomes).first;
    const lastAt = 47.5 * HOUR;
    const gates = [
      { id: 'whole', rule: TESTED, outcomes: healthy },
      { id: 'broken', rule: TESTED, outcomes },
    ];
    const both = together(gates, [ALL, SOAK], lastAt);
    expect(both.first?.gate).toBe('broken');
    expect(both.first?.at ?? 0).toBeGreaterThanOrEqual(alone?.at ?? Infinity);
    // Evidence of several that are each a little short is enough together.
    const pair = together(
      gates.map((gate) => ({ ...gate, outcomes })),
      [ALL, SOAK],
      lastAt,
    );
    expect(pair.first?.at ?? Infinity).toBeLessThanOrEqual(both.first?.at ?? 0);
  });

  it('wait for all gates of the phase before a step is over', () => {
    const late = hourly(30).map((outcome) => ({ ...outcome, at: outcome.at + 10 * HOUR }));
    const gates = [
      { id: 'early', rule: TESTED, outcomes: hourly(30) },
      { id: 'late', rule: TESTED, outcomes: late },
    ];
    const short: PastStep = { ...ALL, watch: 5 * HOUR };
    expect(together(gates, [short], 19.5 * HOUR - 1)).toMatchObject({ passed: 0 });
    expect(together(gates, [short], 19.5 * HOUR)).toMatchObject({ passed: 1, waited: 14.5 * HOUR });
  });

  it('end a step early once what it asks for is shown, and never before it was looked at for as long as it must', () => {
    const rule: GateRule = { ...TESTED, above: 0.8 };
    const early: PastStep = { ...ALL, watch: 20 * DAY, watchAtLeast: 2 * DAY };
    const lastAt = 19 * DAY;
    const outcomes = hourly(24 * 19);
    expect(together([{ id: 'gate', rule: TESTED, outcomes }], [early], lastAt)).toMatchObject({ passed: 0 });
    const { passed } = together([{ id: 'gate', rule, outcomes }], [early], lastAt);
    expect(passed).toBeGreaterThan(0);
    expect(passed).toBeLessThanOrEqual(9);
  });

  it('roll back a healthy half hardly ever: of 200 histories, fewer than what the phase allows', () => {
    let attempts = 0;
    let fired = 0;
    for (let seed = 1; seed <= 200; seed += 1) {
      // Kept at the floor itself, the least that is healthy, by a generator of one line.
      let state = seed * 2_654_435_761;
      const drawn = (): number => {
        state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) >>> 0;
        return state / 2 ** 32;
      };
      for (let skipped = 0; skipped < 8; skipped += 1) drawn();
      const result = replay(
        TESTED,
        [{ ...HALF, watch: 5 * DAY }, SOAK],
        hourly(24 * 6, () => (drawn() < 0.9 ? 'kept' : 'missed')),
      );
      attempts += result.attempts === 0 ? 1 : result.attempts;
      fired += result.fired;
    }
    expect(fired / attempts).toBeLessThan(FALSE_ROLLBACKS);
  });
});

describe('a gate on how long legacy takes, over history', () => {
  const rule: GateRule = { kind: 'slowerThanLegacy', margin: 0.05, minimumOutcomes: 10 };
  /** Four an hour, every other one on target; each takes as long as is said. */
  const quarterly = (hours: number, took: (number: number) => number): PastOutcome[] =>
    Array.from({ length: 4 * hours }, (_, number) => ({
      ...{ journey: number, startedAt: (number * HOUR) / 4, at: (number + 1) * (HOUR / 4) },
      ...{ outcome: 'kept' as const, took: took(number) },
    }));
  const spread = (number: number): number => ((number * 37) % 100) + 1;
  const WATCH: PastStep = { ...HALF, watch: 2 * DAY };

  it('waits until legacy is known, and goes on where both take as long', () => {
    // The hundredth of legacy comes after fifty hours; ten on target after it take five more.
    const { passed, waited, fired } = replay(rule, [WATCH], quarterly(24 * 6, spread));
    expect({ passed: passed > 0, waited: waited > 0, fired }).toEqual({ passed: true, waited: true, fired: 0 });
    expect(replay(rule, [WATCH], quarterly(49, spread))).toMatchObject({ attempts: 0, unfinishedAfterSteps: 0 });
  });

  it('fires where one side takes longer, with what legacy took before', () => {
    const slower = quarterly(24 * 6, (number) => spread(number) * (number % 2 === 0 && number > 400 ? 3 : 1));
    const { first, fired } = replay(rule, [{ ...WATCH, watch: 20 * DAY }], slower);
    expect(fired).toBeGreaterThan(0);
    expect(first?.message).toMatch(/^of \d+ on target [\d.]+% ended within \d+ms, which [\d.]+% of \d+ on legacy did/);
    // In the attempt after it legacy is known from the start.
    expect(first?.after).toBeGreaterThan(100 * HOUR);
  });

  it('has in its counts those as fast as nine in ten, and none where they are too few', () => {
    const outcomes = quarterly(50, spread);
    const seen = asNineInTen(outcomes);
    expect(seen.filter(({ outcome }) => outcome === 'kept')).toHaveLength(180);
    expect(asNineInTen(outcomes.slice(0, 99))).toEqual([]);
  });
});

describe('what a gate counts of a history', () => {
  const past = { journey: 0, startedAt: 0, deadlineAt: 10 * HOUR };
  const lateness = HOUR;

  it('counts nothing before its deadline and lateness are over, the quick ones neither', () => {
    const rule = TESTED;
    const at = 11 * HOUR + 1;
    const occurrences = [
      { ...past, outcome: 'kept' as const, endedAt: 1_000 },
      { ...past, outcome: 'missed' as const, endedAt: 10 * HOUR },
      { ...past, outcome: null, endedAt: Infinity },
    ];
    expect(outcomesFor(rule, occurrences, lateness)).toEqual([
      { journey: 0, startedAt: 0, outcome: 'kept', at },
      { journey: 0, startedAt: 0, outcome: 'missed', at },
      { journey: 0, startedAt: 0, outcome: null, at: Infinity },
    ]);
  });

  it('counts by the rule: how long it took, which condition failed, what came twice', () => {
    const slow = { ...past, outcome: 'kept' as const, endedAt: 2 * HOUR, endedTwiceAt: 3 * HOUR };
    const wrong = { ...past, outcome: 'missed' as const, endedAt: 10 * HOUR, failed: 'licensed' };
    const other = { ...wrong, failed: 'other' };
    const zero = { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 1 } as const;
    const saying = (rule: GateRule): unknown[] =>
      outcomesFor(rule, [slow, wrong, other], lateness).map(({ outcome }) => outcome);
    expect(saying({ kind: 'latency', percentile: 95, within: HOUR, minimumOutcomes: 1 })).toEqual([
      ...['missed', 'missed', 'missed'],
    ]);
    const slower: GateRule = { kind: 'slowerThanLegacy', margin: 0.05, minimumOutcomes: 1 };
    expect(outcomesFor(slower, [slow, wrong], lateness).map(timeTaken)).toEqual([2 * HOUR, Infinity]);
    expect(saying(zero)).toEqual(['kept', 'missed', 'missed']);
    expect(saying({ ...zero, condition: 'licensed' })).toEqual(['kept', 'missed', 'kept']);
    expect(outcomesFor({ ...zero, counts: 'secondEnds' }, [slow, wrong], lateness)).toEqual([
      { journey: 0, startedAt: 0, outcome: 'kept', at: 11 * HOUR + 1 },
      { journey: 0, startedAt: 0, outcome: 'missed', at: 3 * HOUR },
      { journey: 0, startedAt: 0, outcome: 'kept', at: 11 * HOUR + 1 },
    ]);
  });
});
