import { judgeGate, type Judgement } from '../gates/judge-gate';
import type { GateReading, OutcomeCounts } from '../gates/outcome-counts';
import type { CountedRule } from '../plan/counted-rule';
import type { Side } from '../sides/side';
import type { Milliseconds } from '../time/duration';
import type { PastOccurrence } from './count-handoffs';
import { PastPlacing, type PastStep } from './past-ramp';

/** A limit that would have been crossed. */
export interface Firing {
  /** Milliseconds since 1970. */
  at: number;
  /** Since its attempt began. */
  after: Milliseconds;
  /** Which step was on its way, counted from 1; one more than the ramp has is the soak. */
  step: number;
  message: string;
}

/** What a gate would have done in one attempt after the other. */
export interface GateReplay {
  /** Attempts that came to an end: `fired + passed`. */
  attempts: number;
  fired: number;
  passed: number;
  /** How far the last attempt came before the history ended, in steps done; it is none of the attempts. */
  unfinishedAfterSteps: number;
  /** fired / attempts; null where none came to an end. */
  firedShare: number | null;
  first: Firing | null;
  /** For how long steps waited past their watch for enough outcomes, over all attempts. */
  waited: Milliseconds;
}

/**
 * Plays a history against one gate as the live watch would have read it: outcomes in the order in which they became known, counted for the
 * attempt and for the epoch, a step over when its watch is and the gate passes. Both sides are the same stack here, so each firing
 * is a false one. An attempt begins with the history, and whenever the one before fired or came through its soak; it
 * counts what started in it, as live gates do. People decide at once. A step whose watch is over by the history's last moment is over, though
 * no outcome came after it.
 *
 * @param occurrences by when they started
 */
export function replayGate(
  rule: CountedRule,
  steps: readonly PastStep[],
  occurrences: readonly PastOccurrence[],
  buckets: Int32Array,
  { firstAt, lastAt }: { firstAt: number; lastAt: number },
): GateReplay {
  const replay = new Replay(rule, steps, buckets, firstAt);
  for (const moment of momentsOf(occurrences)) replay.take(moment);
  replay.goOnUntil(lastAt);
  return replay.result();
}

interface Moment {
  at: number;
  started: PastOccurrence[];
  ended: PastOccurrence[];
}

function momentsOf(occurrences: readonly PastOccurrence[]): Moment[] {
  const moments = new Map<number, Moment>();
  const momentAt = (at: number): Moment => {
    const moment = moments.get(at) ?? { at, started: [], ended: [] };
    moments.set(at, moment);
    return moment;
  };
  for (const occurrence of occurrences) {
    momentAt(occurrence.startedAt).started.push(occurrence);
    if (occurrence.outcome !== null) momentAt(occurrence.endedAt).ended.push(occurrence);
  }
  return [...moments.values()].sort((a, b) => a.at - b.at);
}

interface Attempt {
  number: number;
  beganAt: number;
  step: number;
  stepBeganAt: number;
  epoch: number;
  placing: PastPlacing;
  reading: GateReading;
  judgement: Judgement;
  /** Since when it has said what it says. */
  judgedAt: number;
}

class Replay {
  private attempt: Attempt;
  private readonly counted = new Map<PastOccurrence, { attempt: number; epoch: number; side: Side }>();
  private fired = 0;
  private passed = 0;
  private waited = 0;
  private first: Firing | null = null;

  constructor(
    private readonly rule: CountedRule,
    private readonly steps: readonly PastStep[],
    private readonly buckets: Int32Array,
    firstAt: number,
  ) {
    this.attempt = this.begin(1, firstAt);
  }

  take({ at, started, ended }: Moment): void {
    this.goOnUntil(at);
    for (const occurrence of started) {
      const { number, epoch, placing } = this.attempt;
      const side = placing.sideOf(occurrence.journey, at);
      this.counted.set(occurrence, { attempt: number, epoch, side });
    }
    for (const occurrence of ended) this.count(occurrence);
    if (ended.length > 0) this.judge(at);
  }

  result(): GateReplay {
    const attempts = this.fired + this.passed;
    return {
      attempts,
      fired: this.fired,
      passed: this.passed,
      unfinishedAfterSteps: this.attempt.step,
      firedShare: attempts === 0 ? null : this.fired / attempts,
      first: this.first,
      waited: this.waited,
    };
  }

  /** Ends the steps whose watch is over by this moment while the gate passes. */
  goOnUntil(at: number): void {
    for (;;) {
      const step = this.steps[this.attempt.step];
      if (step === undefined || this.attempt.judgement.verdict !== 'pass') return;
      const due = this.attempt.stepBeganAt + step.watch;
      const over = Math.max(due, this.attempt.judgedAt);
      if (over > at) return;
      this.waited += over - due;
      this.nextStep(over);
    }
  }

  private nextStep(at: number): void {
    const { attempt } = this;
    const next = this.steps[attempt.step + 1];
    if (next === undefined) {
      this.passed += 1;
      this.attempt = this.begin(attempt.number + 1, at);
      return;
    }
    attempt.step += 1;
    attempt.stepBeganAt = at;
    if (!next.newEpoch) return;
    attempt.epoch += 1;
    attempt.placing.begin(next, at);
    attempt.reading.target.epoch = none();
    attempt.reading.legacy.epoch = none();
    this.judge(at);
  }

  private count(occurrence: PastOccurrence): void {
    const counted = this.counted.get(occurrence);
    this.counted.delete(occurrence);
    if (counted?.attempt !== this.attempt.number || occurrence.outcome === null) return;
    const counts = this.attempt.reading[counted.side];
    counts.attempt[occurrence.outcome] += 1;
    if (counted.epoch === this.attempt.epoch) counts.epoch[occurrence.outcome] += 1;
  }

  private judge(at: number): void {
    const { attempt } = this;
    const before = attempt.judgement.verdict;
    attempt.judgement = judgeGate(this.rule, attempt.reading);
    const { verdict, message } = attempt.judgement;
    if (verdict !== before) attempt.judgedAt = at;
    if (verdict !== 'limitCrossed') return;
    this.fired += 1;
    this.first ??= { at, after: at - attempt.beganAt, step: attempt.step + 1, message };
    this.attempt = this.begin(attempt.number + 1, at);
  }

  private begin(number: number, at: number): Attempt {
    const [step] = this.steps;
    if (step === undefined) throw new Error('A ramp has a step.');
    return {
      number,
      beganAt: at,
      step: 0,
      stepBeganAt: at,
      epoch: 0,
      placing: new PastPlacing(this.buckets, step, at),
      reading: {
        target: { attempt: none(), epoch: none() },
        legacy: { attempt: none(), epoch: none() },
        newestAt: null,
      },
      judgement: { verdict: 'insufficient', message: '' },
      judgedAt: at,
    };
  }
}

function none(): OutcomeCounts {
  return { kept: 0, missed: 0, released: 0 };
}
