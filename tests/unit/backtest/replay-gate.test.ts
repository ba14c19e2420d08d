import type { PastOccurrence } from '../../../domain/backtest/count-handoffs';
import type { PastStep } from '../../../domain/backtest/past-ramp';
import { replayGate, type GateReplay } from '../../../domain/backtest/replay-gate';
import type { CountedRule } from '../../../domain/plan/counted-rule';
import { BUCKETS } from '../../../domain/plan/plan-schema';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FLOOR: CountedRule = { kind: 'floor', atLeast: 0.9, minimumOutcomes: 10 };

/** One occurrence an hour, of a journey of its own, each over after half an hour. */
function hourly(hours: number, outcome: (hour: number) => PastOccurrence['outcome'] = () => 'kept'): PastOccurrence[] {
  return Array.from({ length: hours }, (_, hour) => ({
    journey: hour,
    startedAt: hour * HOUR,
    outcome: outcome(hour),
    endedAt: outcome(hour) === null ? Infinity : (hour + 0.5) * HOUR,
  }));
}

/** Every other journey in the first half of the buckets. */
const HALVES = Int32Array.from({ length: 10_000 }, (_, journey) => (journey % 2 === 0 ? 0 : BUCKETS - 1));

const ALL: PastStep = { share: BUCKETS, perDay: null, watch: DAY, newEpoch: true };
const HALF: PastStep = { ...ALL, share: BUCKETS / 2 };
const SOAK: PastStep = { ...ALL, newEpoch: false };

/** @param lastAt of the history; it ends with its last occurrence unless said */
function replay(
  rule: CountedRule,
  steps: readonly PastStep[],
  occurrences: readonly PastOccurrence[],
  lastAt = Math.max(...occurrences.map(({ startedAt, endedAt, outcome }) => (outcome === null ? startedAt : endedAt))),
): GateReplay {
  return replayGate(rule, steps, occurrences, HALVES, { firstAt: 0, lastAt });
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
    const zero: CountedRule = { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 1 };
    const sparse = [0, 5 * DAY].map((startedAt): PastOccurrence => ({
      ...{ journey: 0, startedAt, outcome: 'kept', endedAt: startedAt + HOUR },
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
    const rule: CountedRule = { kind: 'comparison', margin: 0.2, minimumOutcomes: 10 };
    const oneSideFails = hourly(60, (hour) => (hour % 2 === 0 && hour > 30 ? 'missed' : 'kept'));
    expect(replay(rule, [HALF], oneSideFails)).toMatchObject({ fired: 1 });
    const bothFail = hourly(60, (hour) => (hour > 30 ? 'missed' : 'kept'));
    expect(replay(rule, [HALF], bothFail)).toMatchObject({ fired: 0 });
  });

  it('lets target take no more a day than the step says, those who are placed staying where they are', () => {
    const rule: CountedRule = { kind: 'zeroTolerance', missed: 0, minimumOutcomes: 3 };
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
      ...Array.from({ length: 10 }, (_, index): PastOccurrence => ({
        journey: 100 + index,
        startedAt: 9.4 * HOUR,
        outcome: 'missed',
        endedAt: 12 * HOUR,
      })),
    ].sort((a, b) => a.startedAt - b.startedAt);
    expect(replay(FLOOR, [ALL], late)).toMatchObject({ fired: 1 });
  });
});
