import { formatDuration, type Milliseconds } from '../../time/duration';
import type { Verdict } from '../verdict';
import { cutPointsOf, KNOWN_FROM, type CutPoint } from './cut-points';
import { ifHealthy, reaches } from './evidence';
import {
  beginEpoch,
  beginSequential,
  freezeLegacy,
  legacyLacks,
  limitEvidence,
  takeSequential,
  type OfSplit,
  type SequentialRule,
  type SequentialState,
} from './outcome-gate';
import { total, type BothSides, type Outcomes } from './outcomes';
import { shareAlpha } from './shared-alpha';

/**
 * Is target slower than legacy, anywhere from the middle to the tail? Handoffs that ended within one of legacy's own times count as kept, all others as missed, and
 * each of those times has a comparison of its own. The mean of their e-values is one, however they depend on each other, against that target is behind at none of them
 * by more than the margin. What legacy's times are taken from is no evidence: they are fixed before the first outcome that is.
 *
 * Plain JSON of a fixed size.
 */
export interface SlowerState {
  /** How many outcomes of legacy were found, while they are too few. */
  known: number;
  /** Once it is enough: outcomes with a number above this are evidence. */
  from: string;
  /** None until enough is known of legacy; then they stay as they are. */
  cuts: Cut[];
  /** Highest log e-value of the mean in this attempt: once crossed, crossed. */
  highest: number;
  /** Which contributed most to it. */
  carriedBy: string | null;
}

interface Cut extends CutPoint {
  test: SequentialState;
}

export interface SlowerJudgement {
  verdict: Verdict;
  /** The numbers in one sentence: `of 87 on target 71% ended within 2m 10s, which 90% of 261 on legacy did (legacy's p90); 1 in 4,100 if healthy`. */
  message: string;
  /** Natural logarithm of the highest e-value against being healthy so far. */
  logEvidence: number;
  /** Where the limit is crossed, by which: `p90`. */
  carriedBy: string | null;
}

export function beginSlower(): SlowerState {
  return { known: 0, from: '0', cuts: [], highest: 0, carriedBy: null };
}

/** The same times, and nothing of what was found by them. */
export function beginSlowerAgain({ known, from, cuts }: SlowerState): SlowerState {
  return {
    ...{ ...beginSlower(), known, from },
    cuts: cuts.map(({ percentile, within, share }) => withTest({ percentile, within, share })),
  };
}

function withTest(point: CutPoint): Cut {
  return { ...point, test: beginSequential(guessOf(point)) };
}

/**
 * Takes legacy's times, where they are not taken yet.
 * @param took by handoff of legacy's, Infinity for a missed one. @param from number of the last outcome that is no evidence
 */
export function knowLegacy(state: SlowerState, took: readonly Milliseconds[], from = '0'): SlowerState {
  if (state.cuts.length > 0) return state;
  const points = cutPointsOf(took);
  if (points === undefined) return took.length === state.known ? state : { ...state, known: took.length };
  return { ...state, known: took.length, from, cuts: points.map(withTest) };
}

/** A first guess of legacy's rate weighs so much, however many outcomes it is made from: its rate may be another one today. */
const GUESS_WEIGHS = 100;

function guessOf({ share }: CutPoint): Outcomes {
  const kept = Math.round(share * GUESS_WEIGHS);
  return { kept, missed: GUESS_WEIGHS - kept };
}

/**
 * One look.
 * @param rule of each of legacy's times
 * @param byCut matured since the last look: by each of them, in their order
 * @throws RangeError where they are not as many, or a count is no whole number from 0 up
 */
export function takeSlower(
  rule: SequentialRule,
  state: SlowerState,
  byCut: readonly BothSides[],
  of: OfSplit = 'current',
): SlowerState {
  const { cuts } = state;
  if (byCut.length !== cuts.length) {
    throw new RangeError(`There must be one count for each of the ${cuts.length} times (got ${byCut.length}).`);
  }
  const next = {
    ...state,
    cuts: cuts.map((cut, index) => {
      const increment = byCut[index];
      return increment === undefined ? cut : { ...cut, test: takeSequential(rule, cut.test, increment, of) };
    }),
  };
  const { logEvidence, carriedBy } = slowerEvidence(rule, next);
  return logEvidence > state.highest ? { ...next, highest: logEvidence, carriedBy } : next;
}

/** The split has changed: what going on asks for begins anew. What speaks against target stays, and so do legacy's times. */
export function slowerAtNewSplit(state: SlowerState): SlowerState {
  return { ...state, cuts: state.cuts.map((cut) => ({ ...cut, test: beginEpoch(cut.test) })) };
}

/** Legacy has drained. The same state where that is known. */
export function freezeSlower(rule: SequentialRule, state: SlowerState): SlowerState {
  const cuts = state.cuts.map((cut) => {
    const test = freezeLegacy(rule, cut.test);
    return test === cut.test ? cut : { ...cut, test };
  });
  return cuts.every((cut, index) => cut === state.cuts[index]) ? state : { ...state, cuts };
}

/** What speaks against target now: the natural logarithm of the mean e-value, and what contributes most to it. */
export function slowerEvidence(
  rule: SequentialRule,
  { cuts }: SlowerState,
): { logEvidence: number; carriedBy: string | null } {
  if (cuts.length === 0) return { logEvidence: 0, carriedBy: null };
  return shareAlpha(
    cuts.map((cut) => ({
      id: nameOf(cut),
      weight: 1 / cuts.length,
      logEvidence: limitEvidence(rule, cut.test).logEvidence,
    })),
  );
}

/** What the gate says of all that it took. Never `pass` or `limitCrossed` without an outcome of target's. */
export function judgeSlower(rule: SequentialRule, state: SlowerState): SlowerJudgement {
  const { cuts, known, highest } = state;
  const judgement = { verdict: 'insufficient' as const, logEvidence: highest, carriedBy: null };
  const [first] = cuts;
  if (first === undefined) {
    const message = `${known} of the ${KNOWN_FROM} outcomes of legacy needed to know how long it takes there`;
    return { ...judgement, message };
  }
  if (total(first.test.attempt.target) === 0) {
    return { ...judgement, message: `0 of the ${rule.minimumOutcomes} outcomes needed on target` };
  }
  const isCrossed = reaches(highest, rule.alpha);
  const carriedBy = isCrossed ? state.carriedBy : slowerEvidence(rule, state).carriedBy;
  const carrying = cuts.find((cut) => nameOf(cut) === carriedBy) ?? first;
  const numbers = `${figuresWords(carrying)}; ${ifHealthy(highest)}`;
  if (isCrossed) return { ...judgement, verdict: 'limitCrossed', message: numbers, carriedBy };
  const lacking = lackingToGoOn(rule, cuts);
  if (lacking.length > 0) return { ...judgement, message: [numbers, ...lacking].join('; ') };
  return {
    ...judgement,
    verdict: 'pass',
    message: `${numbers}; ${total(first.test.epoch.target)} outcomes since the split last changed`,
  };
}

/** Without evidence to go on by, target's part must be as asked for at each of legacy's times: what is not slower for certain need not be as fast. */
function lackingToGoOn(rule: SequentialRule, cuts: readonly Cut[]): string[] {
  const { minimumOutcomes, goingOn, comparison } = rule;
  const [first] = cuts;
  if (first === undefined) return [];
  const n = total(first.test.epoch.target);
  const lacking: string[] = [];
  if (n < minimumOutcomes) lacking.push(`${n} of the ${minimumOutcomes} outcomes needed since the split last changed`);
  const { notWorseBy, alpha = 1 } = goingOn ?? {};
  if (notWorseBy !== undefined) {
    const open = cuts.filter(({ test }) => !reaches(test.notWorse.logEvidence, alpha)).map(nameOf);
    if (open.length > 0) {
      lacking.push(
        `not shown yet that target is less than ${percent(notWorseBy)} below legacy at its ${open.join(', ')}`,
      );
    }
  }
  lacking.push(...legacyLacks(rule, first.test));
  if (lacking.length > 0 || notWorseBy !== undefined || n === 0 || comparison === undefined) return lacking;
  for (const cut of cuts) {
    const { epoch, attempt } = cut.test;
    const here = partOf(epoch.target);
    const there = partOf(total(epoch.legacy) > 0 ? epoch.legacy : attempt.legacy);
    if (there - here <= comparison.margin + NOISE) continue;
    lacking.push(
      `${percent(here)} ${withinWords(cut)} since the split last changed, more than ${percent(comparison.margin)} below legacy's ${percent(there)}, and no proof that target is slower`,
    );
  }
  return lacking;
}

/** Rates are not exact in binary: 100% less 95% is more than 5% there. */
const NOISE = 1e-12;

function figuresWords(cut: Cut): string {
  const { target, legacy } = cut.test.attempt;
  const did = cut.within === null ? 'were' : 'did';
  const there =
    total(legacy) === 0
      ? `which ${percent(cut.share)} on legacy ${did} before`
      : `which ${percent(partOf(legacy))} of ${counted(total(legacy))} on legacy ${did}`;
  const missed = cut.within === null ? ', where it is missed' : '';
  return `of ${counted(total(target))} on target ${percent(partOf(target))} ${withinWords(cut)}, ${there} (legacy's ${nameOf(cut)}${missed})`;
}

function withinWords({ within }: CutPoint): string {
  return within === null ? 'were kept' : `ended within ${formatDuration(within)}`;
}

function nameOf({ percentile }: CutPoint): string {
  return `p${percentile}`;
}

function partOf(outcomes: Outcomes): number {
  return outcomes.kept / total(outcomes);
}

/** To a tenth of a point, cut off: one that was slow never reads as if none was. */
function percent(part: number): string {
  return `${Math.floor(1_000 * part + NOISE) / 10}%`;
}

function counted(count: number): string {
  return count.toLocaleString('en');
}
