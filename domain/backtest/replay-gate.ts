import {
  beginGate,
  holdLegacy,
  judgeState,
  moveToEpoch,
  takeLegacyPast,
  takeOutcomes,
  type GateJudgement,
  type GateState,
  type Increment,
  type JudgedRule,
} from '../gates/gate-state';
import { judgeTogether } from '../gates/judge-together';
import { isWithin, KNOWN_FROM_LATEST, mainOf } from '../gates/sequential/cut-points';
import { NO_OUTCOMES, type BothSides, type Outcomes } from '../gates/sequential/outcomes';
import { BUCKETS } from '../plan/plan-schema';
import type { Side } from '../sides/side';
import type { Milliseconds } from '../time/duration';
import { timeTaken, type PastOutcome } from './past-outcome';
import { PastPlacing, type PastStep } from './past-ramp';

/** A limit that would have been crossed. */
export interface Firing {
  /** Milliseconds since 1970. */
  at: number;
  /** Since its attempt began. */
  after: Milliseconds;
  /** Which step was on its way, counted from 1; one more than the ramp has is the soak. */
  step: number;
  gate: string;
  message: string;
}

/** What a gate, or all of a phase together, would have done in one attempt after the other. */
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

/** A gate, with what it counts of the history by when it started. */
export interface PlayedGate {
  id: string;
  rule: JudgedRule;
  outcomes: readonly PastOutcome[];
}

/** How a history is played. */
export interface PlayedRamp {
  steps: readonly PastStep[];
  /** Of the journeys, by their number. */
  buckets: Int32Array;
  firstAt: number;
  lastAt: number;
  /** What the phase allows itself, by all of its tested gates together. */
  falseRollbacks: number;
}

/** What matures in one of them is one look, as a live gate takes it. */
const MINUTE: Milliseconds = 60_000;

/**
 * Plays a history against gates that are watched together, as the live watch would have judged it: by the same tests, outcomes in the order in which they could be
 * counted, a minute at a time, a step over when its watch is and all gates pass. Both sides are the same stack here, so each firing
 * is a false one. An attempt begins with the history, and whenever the one before fired or came through its soak; it
 * counts what started in it, as live gates do. People decide at once. A step whose watch is over by the history's last moment is over, though
 * no outcome came after it.
 */
export function replayGates(gates: readonly PlayedGate[], ramp: PlayedRamp): GateReplay {
  const replay = new Replay(gates, ramp);
  for (const moment of momentsOf(gates, ramp.lastAt)) replay.take(moment);
  replay.goOnUntil(ramp.lastAt);
  return replay.result();
}

interface Counted {
  /** Of the gate. */
  index: number;
  what: PastOutcome;
}

interface Moment {
  at: number;
  started: Counted[];
  matured: Counted[];
}

/** What could be counted only after the history's end is not. */
function momentsOf(gates: readonly PlayedGate[], lastAt: number): Moment[] {
  const all = gates.flatMap(({ outcomes }, index) => outcomes.map((what): Counted => ({ index, what })));
  const minuteOf = (at: number): number => Math.floor(at / MINUTE);
  const latest = new Map<number, number>();
  for (const { what } of all) {
    if (what.at <= lastAt) latest.set(minuteOf(what.at), Math.max(what.at, latest.get(minuteOf(what.at)) ?? 0));
  }
  const moments = new Map<number, Moment>();
  const momentAt = (at: number): Moment => {
    const moment = moments.get(at) ?? { at, started: [], matured: [] };
    moments.set(at, moment);
    return moment;
  };
  for (const counted of all) {
    const { startedAt, at } = counted.what;
    momentAt(startedAt).started.push(counted);
    const seenAt = latest.get(minuteOf(at));
    if (seenAt !== undefined && at <= lastAt) momentAt(seenAt).matured.push(counted);
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
  /** By gate. */
  states: GateState[];
  judgements: readonly GateJudgement[];
  passes: boolean;
  /** Since when it has passed, or has not. */
  judgedAt: number;
}

class Replay {
  private attempt: Attempt;
  private readonly counted = new Map<PastOutcome, { attempt: number; epoch: number; side: Side }>();
  /** By gate, where it goes by that: how long its latest on legacy took, in whichever attempt. */
  private readonly legacyTook = new Map<number, Milliseconds[]>();
  private fired = 0;
  private passed = 0;
  private waited = 0;
  private first: Firing | null = null;

  constructor(
    private readonly gates: readonly PlayedGate[],
    private readonly ramp: PlayedRamp,
  ) {
    this.attempt = this.begin(1, ramp.firstAt);
  }

  take({ at, started, matured }: Moment): void {
    this.goOnUntil(at);
    for (const { what } of started) {
      const { number, epoch, placing } = this.attempt;
      this.counted.set(what, { attempt: number, epoch, side: placing.sideOf(what.journey, at) });
    }
    if (matured.length === 0) return;
    for (const [index, increments] of this.incrementsOf(matured)) this.takeFor(index, increments);
    this.attempt.states = this.attempt.states.map((state, index) => this.knowing(index, state));
    this.judge(at);
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

  /** Ends the steps whose watch is over by this moment while every gate passes. */
  goOnUntil(at: number): void {
    for (;;) {
      const { step: number, stepBeganAt, judgedAt, judgements, passes } = this.attempt;
      const step = this.ramp.steps[number];
      if (step === undefined || !passes) return;
      const due = stepBeganAt + step.watch;
      const proven = step.watchAtLeast !== undefined && judgements.every((judgement) => judgement.proven);
      const over = Math.max(proven ? stepBeganAt + (step.watchAtLeast ?? step.watch) : due, judgedAt);
      if (over > at) return;
      this.waited += Math.max(0, over - due);
      this.nextStep(over);
    }
  }

  private nextStep(at: number): void {
    const { attempt } = this;
    const next = this.ramp.steps[attempt.step + 1];
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
    attempt.states = attempt.states.map((state) => moveToEpoch(state, attempt.epoch));
    this.judge(at);
  }

  /** By gate, what matured of the attempt; what was begun in an earlier one counts for nothing. */
  private incrementsOf(matured: readonly Counted[]): Map<number, Map<Increment['of'], Increment>> {
    const found = new Map<number, Map<Increment['of'], Increment>>();
    for (const { index, what } of matured) {
      const placed = this.counted.get(what);
      this.counted.delete(what);
      if (placed === undefined || what.outcome === null || what.outcome === 'released') continue;
      const { slower } = stateOf(this.attempt, index);
      if (slower !== undefined && placed.side === 'legacy') this.noteLegacy(index, timeTaken(what));
      // What came before legacy's times were known is no evidence.
      if (placed.attempt !== this.attempt.number || slower?.cuts.length === 0) continue;
      const of = placed.epoch === this.attempt.epoch ? 'current' : 'earlier';
      const byEpoch = found.get(index) ?? new Map<Increment['of'], Increment>();
      found.set(index, byEpoch);
      const before = byEpoch.get(of) ?? { of, ...NOTHING };
      if (slower === undefined) {
        byEpoch.set(of, { ...before, ...oneMoreOf(before, placed.side, what.outcome) });
        continue;
      }
      const byCut = slower.cuts.map((cut, place) =>
        oneMoreOf(before.byCut?.[place] ?? NOTHING, placed.side, isWithin(cut, timeTaken(what)) ? 'kept' : 'missed'),
      );
      byEpoch.set(of, { of, ...(mainOf(byCut) ?? NOTHING), byCut });
    }
    return found;
  }

  private noteLegacy(index: number, took: Milliseconds): void {
    const known = this.legacyTook.get(index) ?? [];
    this.legacyTook.set(index, known);
    known.push(took);
    if (known.length > 2 * KNOWN_FROM_LATEST) known.splice(0, known.length - KNOWN_FROM_LATEST);
  }

  /** As live: a gate that goes by legacy's times takes them as soon as there is enough to know them by. */
  private knowing(index: number, state: GateState): GateState {
    if (state.slower?.cuts.length !== 0) return state;
    const before = (this.legacyTook.get(index) ?? []).slice(-KNOWN_FROM_LATEST);
    return takeLegacyPast(state, { before, since: [], last: state.last });
  }

  private takeFor(index: number, byEpoch: ReadonlyMap<Increment['of'], Increment>): void {
    const gate = this.gates[index];
    if (gate === undefined) return;
    // What began under an earlier split is the older.
    const increments = (['earlier', 'current'] as const).flatMap((of) => byEpoch.get(of) ?? []);
    const state = takeOutcomes(gate.rule, stateOf(this.attempt, index), increments);
    const step = this.ramp.steps[this.attempt.step];
    this.attempt.states[index] = step !== undefined && isDrained(step) ? holdLegacy(gate.rule, state) : state;
  }

  private judge(at: number): void {
    const { attempt } = this;
    const judged = this.judged(attempt.states);
    attempt.judgements = judged.map(({ judgement }) => judgement);
    const passes = attempt.judgements.every(({ verdict }) => verdict === 'pass');
    if (passes !== attempt.passes) attempt.judgedAt = at;
    attempt.passes = passes;
    const crossed = judged.find(({ judgement }) => judgement.verdict === 'limitCrossed');
    if (crossed === undefined) return;
    const { gate, judgement } = crossed;
    this.fired += 1;
    this.first ??= {
      ...{ at, after: at - attempt.beganAt, step: attempt.step + 1 },
      ...{ gate: gate.id, message: judgement.message },
    };
    this.attempt = this.begin(attempt.number + 1, at);
  }

  private judged(states: readonly GateState[]): { gate: PlayedGate; judgement: GateJudgement }[] {
    const alone = this.gates.flatMap((gate, index) => {
      const state = states[index];
      return state === undefined ? [] : [{ gate, judgement: judgeState(gate.rule, state) }];
    });
    return judgeTogether(alone, this.ramp.falseRollbacks, this.gates.filter(({ rule }) => rule.test !== null).length);
  }

  private begin(number: number, at: number): Attempt {
    const [step] = this.ramp.steps;
    if (step === undefined) throw new Error('A ramp has a step.');
    const states = this.gates.map(({ rule }, index) => this.knowing(index, beginGate(rule, 0)));
    return {
      number,
      beganAt: at,
      step: 0,
      stepBeganAt: at,
      epoch: 0,
      placing: new PastPlacing(this.ramp.buckets, step, at),
      states,
      judgements: this.judged(states).map(({ judgement }) => judgement),
      passes: false,
      judgedAt: at,
    };
  }
}

function stateOf({ states }: Pick<Attempt, 'states'>, index: number): GateState {
  const state = states[index];
  if (state === undefined) throw new Error('There is a state for each gate.');
  return state;
}

/** Nobody new goes to legacy. */
function isDrained({ share, perDay }: PastStep): boolean {
  return share >= BUCKETS && perDay === null;
}

const NOTHING: BothSides = { target: NO_OUTCOMES, legacy: NO_OUTCOMES };

function oneMoreOf({ target, legacy }: BothSides, side: Side, outcome: keyof Outcomes): BothSides {
  return side === 'target'
    ? { target: oneMore(target, outcome), legacy }
    : { target, legacy: oneMore(legacy, outcome) };
}

function oneMore(outcomes: Outcomes, outcome: keyof Outcomes): Outcomes {
  return { ...outcomes, [outcome]: outcomes[outcome] + 1 };
}
