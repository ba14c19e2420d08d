import { countedRule, type CountedRule } from '../plan/counted-rule';
import type { GateRule } from '../plan/plan-schema';
import { judgeGate } from './judge-gate';
import type { GateReading } from './outcome-counts';
import {
  beginEpoch,
  beginSequential,
  freezeLegacy,
  judgeSequential,
  limitEvidence,
  takeSequential,
  type OfSplit,
  type SequentialRule,
  type SequentialState,
} from './sequential/outcome-gate';
import { addOutcomes, NO_OUTCOMES, total, type BothSides, type Outcomes } from './sequential/outcomes';
import { isTested, sequentialRuleOf } from './sequential/rule-of-plan';
import { KNOWN_FROM } from './sequential/cut-points';
import {
  beginSlower,
  beginSlowerAgain,
  freezeSlower,
  judgeSlower,
  knowLegacy,
  slowerAtNewSplit,
  slowerEvidence,
  takeSlower,
  type SlowerState,
} from './sequential/slower-than-legacy';
import type { Milliseconds } from '../time/duration';
import type { Verdict } from './verdict';

/** What one gate remembers of one attempt of one cohort: plain JSON of a fixed size, stored before its verdict counts. */
export interface GateState {
  /** The split's epoch that `epoch` is of. */
  splitEpoch: number;
  /** Number of the last outcome that was taken, of those that are numbered; `0` before. */
  last: string;
  /** Of the attempt, and of its current epoch. */
  attempt: BothSides;
  epoch: BothSides;
  /** Target's first ones, where the rule is about so many. */
  first: Outcomes;
  /** Since when more is open than a team can work on, where the rule asks that: RFC 3339. */
  aboveSince: string | null;
  /** When that was seen last, to within NOTED_EVERY of domain/gates/judge-load.ts; absent before it ever was. */
  aboveAt?: string | null;
  /** Where totals of a source outside have shrunk, by how much; absent where they did not, or came again. */
  takenBack?: TakenBack;
  /** null: no test is asked, or that of `slower`. */
  test: SequentialState | null;
  /** Of a rule that compares with legacy's own times. */
  slower?: SlowerState;
}

/** How much a source took back of what it had counted. `little` may come again by itself: a replica that is behind, a sample that was left out. */
export type TakenBack = 'little' | 'much';

/** What matured in one interval under one split. */
export interface Increment extends BothSides {
  of: OfSplit;
  /** Of a rule with legacy's own times: by each of them, in their order. Its other figures are then those of nine in ten. */
  byCut?: readonly BothSides[];
}

/** How long legacy took, one by one; Infinity for a missed one. */
export interface LegacyPast {
  /** Of before the attempt. */
  before: readonly Milliseconds[];
  /** Of the attempt, those that have a number. */
  since: readonly Milliseconds[];
  /** The highest number so far, of either side; `0` where there is none. */
  last: string;
}

/** How a gate of a plan is judged: by its share of what the phase allows itself in false rollbacks, where a test is asked. */
export interface JudgedRule {
  rule: GateRule;
  test: SequentialRule | null;
}

/**
 * @param falseRollbacks of all tested gates of the phase together: above 0 and below 1. @param tested how many of them there are: they share it equally
 * @throws RangeError where no test knows the rule, which lint refuses
 */
export function judgedRule(rule: GateRule, falseRollbacks: number, tested: number): JudgedRule {
  if (!isTested(rule)) return { rule, test: null };
  const { goingOn, ...test } = sequentialRuleOf(rule, falseRollbacks / Math.max(1, tested));
  // Nobody is rolled back by what asks for evidence to go on: it shares nothing.
  return { rule, test: { ...test, ...(goingOn !== undefined && { goingOn: { ...goingOn, alpha: falseRollbacks } }) } };
}

const NOTHING: BothSides = { target: NO_OUTCOMES, legacy: NO_OUTCOMES };

/** @param splitEpoch the one under way */
export function beginGate({ rule, test }: JudgedRule, splitEpoch: number): GateState {
  return {
    splitEpoch,
    last: '0',
    attempt: NOTHING,
    epoch: NOTHING,
    first: NO_OUTCOMES,
    aboveSince: null,
    ...(rule.kind === 'slowerThanLegacy'
      ? { test: null, slower: beginSlower() }
      : { test: test === null ? null : beginSequential() }),
  };
}

/**
 * The rule has changed within the attempt, all of which is counted again. What is known of legacy's own times stays, with where evidence begins: to learn them anew would take
 * the attempt's outcomes for that, and where legacy has drained there may be none.
 */
export function beginGateAgain(rule: JudgedRule, { slower }: GateState, splitEpoch: number): GateState {
  const state = beginGate(rule, splitEpoch);
  if (state.slower === undefined || slower === undefined || slower.cuts.length === 0) return state;
  return { ...state, last: slower.from, slower: beginSlowerAgain(slower) };
}

/**
 * Legacy's own times, where the state does not have them yet: of before the attempt, where that is enough; else of all that there is, and then what has a number so far is
 * no evidence.
 */
export function takeLegacyPast(state: GateState, { before, since, last }: LegacyPast): GateState {
  if (state.slower === undefined) return state;
  const isEnough = before.length >= KNOWN_FROM;
  const from = isEnough ? state.last : last;
  const slower = knowLegacy(state.slower, isEnough ? before : [...before, ...since], from);
  if (slower === state.slower) return state;
  return { ...state, slower, ...(slower.cuts.length > 0 && { last: from }) };
}

/** The split has changed within the attempt. The same state where it has not. */
export function moveToEpoch(state: GateState, splitEpoch: number): GateState {
  const { test, slower } = state;
  if (state.splitEpoch === splitEpoch) return state;
  return {
    ...{ ...state, splitEpoch, epoch: NOTHING, test: test === null ? null : beginEpoch(test) },
    ...(slower !== undefined && { slower: slowerAtNewSplit(slower) }),
  };
}

/**
 * Nobody new goes to legacy, and all that has matured was taken: what is known of legacy stands for it from the first outcome on of what began on target since. What began on
 * legacy before that matures before it, for days where a handoff takes days. The same state where none has matured, or it is known.
 */
export function holdLegacy({ test: rule }: JudgedRule, state: GateState): GateState {
  if (rule === null || total(state.epoch.target) === 0) return state;
  if (state.slower !== undefined) {
    const slower = freezeSlower(rule, state.slower);
    return slower === state.slower ? state : { ...state, slower };
  }
  if (state.test === null) return state;
  const test = freezeLegacy(rule, state.test);
  return test === state.test ? state : { ...state, test };
}

/**
 * Takes what matured, each interval as one look, in the order of time.
 * @param first of target's first ones those that are new, where it is known which they are
 */
export function takeOutcomes(
  { rule, test }: JudgedRule,
  state: GateState,
  increments: readonly Increment[],
  first?: Outcomes,
): GateState {
  const firstOf = rule.kind === 'zeroTolerance' && first === undefined ? rule.ofFirst : undefined;
  let next = first === undefined || total(first) === 0 ? state : { ...state, first: addOutcomes(state.first, first) };
  for (const { of, target, legacy, byCut } of increments) {
    const increment = { target, legacy };
    next = {
      ...next,
      attempt: add(next.attempt, increment),
      epoch: of === 'current' ? add(next.epoch, increment) : next.epoch,
      first: firstOf === undefined ? next.first : fill(next.first, target, firstOf),
      test: test === null || next.test === null ? next.test : takeSequential(test, next.test, increment, of),
      ...(test !== null && next.slower !== undefined && { slower: takeSlower(test, next.slower, byCut ?? [], of) }),
    };
  }
  return next;
}

/**
 * Of outcomes that came in one interval nobody knows which were first: where they are more than there is room for, the missed ones go first. That asks a
 * person a case too soon, and never too late.
 */
function fill(first: Outcomes, { kept, missed }: Outcomes, size: number): Outcomes {
  const room = size - total(first);
  const missing = Math.min(missed, room);
  return { kept: first.kept + Math.min(kept, room - missing), missed: first.missed + missing };
}

function add(one: BothSides, other: BothSides): BothSides {
  return { target: addOutcomes(one.target, other.target), legacy: addOutcomes(one.legacy, other.legacy) };
}

export interface GateJudgement {
  verdict: Verdict;
  /** Both numbers in one sentence. */
  message: string;
  /** Highest natural logarithm of an e-value so far; null where no test is asked. */
  logEvidence: number | null;
  /** What it speaks now, which the phase's gates are weighed by together. */
  logEvidenceNow: number | null;
  /** At 1 in so many the limit is crossed: the gate's part of what the phase allows. null where no test is asked. */
  alpha: number | null;
  carriedBy: string | null;
  /** Whether a step may end early on it: it passes, on the evidence that was asked for. */
  proven: boolean;
}

/** Of a gate that no test judges. */
export const NO_TEST = {
  logEvidence: null,
  logEvidenceNow: null,
  alpha: null,
  carriedBy: null,
  proven: false,
} as const;

export function judgeState({ rule, test }: JudgedRule, state: GateState): GateJudgement {
  if (test !== null && state.slower !== undefined) {
    const judged = judgeSlower(test, state.slower);
    return {
      ...{ ...judged, alpha: test.alpha, logEvidenceNow: slowerEvidence(test, state.slower).logEvidence },
      proven: judged.verdict === 'pass' && test.goingOn !== undefined,
    };
  }
  if (test === null || state.test === null) {
    const { verdict, message } = judgeGate(asCounted(rule), readingOf(rule, state));
    return { ...NO_TEST, verdict, message, proven: verdict === 'pass' && rule.kind === 'zeroTolerance' };
  }
  const { verdict, message, logEvidence, carriedBy } = judgeSequential(test, state.test);
  return {
    ...{ verdict, message, logEvidence, carriedBy, alpha: test.alpha },
    logEvidenceNow: limitEvidence(test, state.test).logEvidence,
    proven: verdict === 'pass' && test.goingOn !== undefined,
  };
}

/** What was counted says it all: a slow one is a missed one by now. A capacity is judged by what is open (judgeLoad). */
function asCounted(rule: GateRule): CountedRule {
  const counted = countedRule(rule);
  if (counted === undefined) throw new RangeError('No outcome says what is open.');
  return counted;
}

function readingOf(rule: GateRule, { attempt, epoch, first }: GateState): GateReading {
  const firsts = rule.kind === 'zeroTolerance' && rule.ofFirst !== undefined;
  const counts = (of: Outcomes): { kept: number; missed: number; released: number } => ({ ...of, released: 0 });
  // Once they have all come there is nothing more to wait for, whatever the split does.
  const target = firsts
    ? { attempt: counts(first), epoch: counts(first) }
    : { attempt: counts(attempt.target), epoch: counts(epoch.target) };
  return { target, legacy: { attempt: counts(attempt.legacy), epoch: counts(epoch.legacy) }, newestAt: null };
}
