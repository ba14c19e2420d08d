import type { Verdict } from '../verdict';
import { beginComparison, comparisonEvidence, newSplit, takeComparison, type ComparisonState } from './comparison';
import { BY_A_STRETCH, ifHealthy, reaches } from './evidence';
import { beginFloor, floorEvidence, takeFloor, type FloorState } from './floor';
import {
  evidenceBeforeFreezing,
  freezeBaseline,
  frozenEvidence,
  saysAnything,
  takeFrozen,
  type FrozenBaselineState,
} from './frozen-baseline';
import {
  aboveFloorEvidence,
  beginAboveFloor,
  beginNotWorse,
  takeAboveFloor,
  takeNotWorse,
  type AboveFloorState,
  type NotWorseState,
} from './going-on';
import { emptyBlock } from './outcome-blocks';
import { addOutcomes, checkCounts, NO_OUTCOMES, total, type BothSides, type Outcomes } from './outcomes';
import { beginRatio, freezeRatio, isWithin, ratioEvidence, ratioOfNewSplit, takeRatio, type RatioState } from './ratio';
import { shareAlpha, type Part } from './shared-alpha';

/** A gate on a handoff, judged by sequential tests: what it is crossed by (at least one limit; their weights add up to 1), and what it takes to go on. */
export interface SequentialRule {
  /** The chance of ever rolling back an attempt that is healthy by this gate: above 0 and below 1. */
  alpha: number;
  /** Target's kept rate below legacy's by more than the margin. `weight` is its part of alpha. */
  comparison?: { margin: number; weight: number };
  /** Target's kept rate below this. */
  floor?: { atLeast: number; weight: number };
  /** Outcomes with this event on target more than so many times as often as on legacy: kept are those without it, and missed those with it. */
  ratio?: { event: string; times: number; weight: number };
  /** Target's kept rate, once legacy has drained, below what legacy's was by more than the margin; or what has a ratio, beyond the ratio to what legacy had. */
  baseline?: { weight: number } & ({ margin: number } | { times: number });
  /** Outcomes of target's that going on asks for, of the current epoch. */
  minimumOutcomes: number;
  /** Evidence that going on asks for besides: each that is given. Without, enough outcomes do while no limit is crossed. */
  goingOn?: {
    /** The chance of going on with a target that does not keep to what is asked for. */
    alpha: number;
    /** Target's kept rate is not below legacy's by this much. */
    notWorseBy?: number;
    /** Target's kept rate is above this. */
    above?: number;
  };
}

/** All that a gate remembers between looks: plain JSON of a fixed size, stored with the verdict and taken up again exactly. */
export interface SequentialState {
  comparison: ComparisonState;
  floor: FloorState;
  /** Only where the rule has one. */
  ratio?: RatioState;
  /** null: legacy has not drained. */
  frozen: FrozenBaselineState | null;
  notWorse: NotWorseState;
  aboveFloor: AboveFloorState;
  /** Of the attempt. */
  attempt: BothSides;
  /** Of the current epoch. */
  epoch: BothSides;
  /** Highest log e-value of the limit in this attempt: once crossed, crossed. */
  highest: number;
  /** What contributed most to it. */
  carriedBy: Limit | null;
}

export const LIMITS = ['comparison', 'floor', 'ratio', 'baseline'] as const;
export type Limit = (typeof LIMITS)[number];

export interface SequentialJudgement {
  verdict: Verdict;
  /** The numbers in one sentence: `kept 0.41 on target, 0.60 on legacy (n=212 and 3,950); 1 in 4,100 if healthy`. */
  message: string;
  /** Natural logarithm of the highest e-value against being healthy so far. */
  logEvidence: number;
  /** Where the limit is crossed, by what. */
  carriedBy: Limit | null;
}

const NOTHING: BothSides = { target: NO_OUTCOMES, legacy: NO_OUTCOMES };

/** @param before legacy's outcomes of before the attempt, if any: a better first guess of its rate, no evidence */
export function beginSequential(before?: Outcomes): SequentialState {
  return {
    comparison: beginComparison(before === undefined ? {} : { all: before }),
    floor: beginFloor(),
    frozen: null,
    notWorse: beginNotWorse(before),
    aboveFloor: beginAboveFloor(),
    attempt: NOTHING,
    epoch: NOTHING,
    highest: 0,
    carriedBy: null,
  };
}

/** The split has changed: going on asks for evidence of its own under it (I3). What speaks against target stays. */
export function beginEpoch(state: SequentialState): SequentialState {
  return {
    ...state,
    comparison: newSplit(state.comparison),
    ...(state.ratio && { ratio: ratioOfNewSplit(state.ratio) }),
    notWorse: beginNotWorse(emptyBlock(state.notWorse.blocks).past),
    aboveFloor: beginAboveFloor(),
    epoch: NOTHING,
  };
}

/**
 * Legacy has drained: from now on its outcomes of this attempt stand for it, with what is not known of them. Once frozen it stays so; frozen by
 * too few to say anything by, which mature days after the split has changed, it is as if it had not been yet.
 * @param before legacy's outcomes of before the attempt, where they are alike
 */
export function freezeLegacy(
  rule: SequentialRule,
  state: SequentialState,
  before: Outcomes = NO_OUTCOMES,
): SequentialState {
  const { baseline } = rule;
  const { frozen } = state;
  if (baseline === undefined || (frozen !== null && saysAnything(frozen))) return state;
  const legacy = addOutcomes(before, state.attempt.legacy);
  const is = 'times' in baseline ? freezeRatio(baseline.times, legacy) : freezeBaseline(legacy, baseline.margin);
  return frozen !== null && !saysAnything(is) ? state : { ...state, frozen: is };
}

/** Whose split an increment is of: the current one, or one before it in the same attempt, whose handoffs went on maturing. */
export type OfSplit = 'current' | 'earlier';

/** Outcomes of earlier splits are compared among themselves: pooled with those of another share they would compare hours, not sides. */
const STRATA: Readonly<Record<OfSplit, string>> = { current: 'all', earlier: 'earlier' };

/**
 * One look. Of no outcomes nothing follows: the state is as it was. What is of an earlier split speaks against target as ever, and for going on not at
 * all (I3).
 * @param increment matured since the last look, of any size, and all of one epoch. What came in a long time is best given in parts, by time: rates that change
 * and evidence that grows meanwhile then count
 * @throws RangeError where a count is no whole number from 0 up, or the weights of a rule with two limits do not add up to 1
 */
export function takeSequential(
  rule: SequentialRule,
  state: SequentialState,
  increment: BothSides,
  of: OfSplit = 'current',
): SequentialState {
  const { target, legacy } = increment;
  checkCounts({ 'target.kept': target.kept, 'target.missed': target.missed });
  checkCounts({ 'legacy.kept': legacy.kept, 'legacy.missed': legacy.missed });
  if (total(target) + total(legacy) === 0) return state;
  const { comparison, floor, ratio } = rule;
  const next: SequentialState = {
    ...state,
    ...(of === 'current' && takeToGoOn(rule, state, increment)),
    comparison: comparison
      ? takeComparison(comparison.margin, state.comparison, increment, STRATA[of])
      : state.comparison,
    floor: floor ? takeFloor(floor.atLeast, state.floor, target) : state.floor,
    ...(ratio && { ratio: takeRatio(ratio.times, state.ratio ?? beginRatio(), increment, STRATA[of]) }),
    frozen: state.frozen && takeFrozen(state.frozen, target),
    attempt: addSides(state.attempt, increment),
  };
  const { logEvidence, carriedBy } = limitEvidence(rule, next);
  return logEvidence > state.highest ? { ...next, highest: logEvidence, carriedBy } : next;
}

function takeToGoOn(
  { goingOn }: SequentialRule,
  { notWorse, aboveFloor, epoch }: SequentialState,
  increment: BothSides,
): Pick<SequentialState, 'notWorse' | 'aboveFloor' | 'epoch'> {
  return {
    notWorse: goingOn?.notWorseBy === undefined ? notWorse : takeNotWorse(goingOn.notWorseBy, notWorse, increment),
    aboveFloor: goingOn?.above === undefined ? aboveFloor : takeAboveFloor(goingOn.above, aboveFloor, increment.target),
    epoch: addSides(epoch, increment),
  };
}

function addSides(one: BothSides, other: BothSides): BothSides {
  return { target: addOutcomes(one.target, other.target), legacy: addOutcomes(one.legacy, other.legacy) };
}

/** What the gate says of all that it took. Never `pass` or `limitCrossed` without an outcome of target's. */
export function judgeSequential(rule: SequentialRule, state: SequentialState): SequentialJudgement {
  const { attempt, epoch, highest } = state;
  const judgement = { logEvidence: highest, carriedBy: null };
  if (total(attempt.target) === 0) {
    return {
      ...judgement,
      verdict: 'insufficient',
      message: `0 of the ${rule.minimumOutcomes} outcomes needed on target`,
    };
  }
  const numbers = `${figures(rule, state)}; ${ifHealthy(highest)}`;
  if (reaches(highest, rule.alpha)) {
    return {
      ...judgement,
      verdict: 'limitCrossed',
      message: `${numbers}${stretchWords(rule, attempt)}`,
      carriedBy: state.carriedBy,
    };
  }
  const lacking = lackingToGoOn(rule, state);
  if (lacking.length > 0) return { ...judgement, verdict: 'insufficient', message: [numbers, ...lacking].join('; ') };
  return {
    ...judgement,
    verdict: 'pass',
    message: `${numbers}; ${total(epoch.target)} outcomes since the split last changed`,
  };
}

/** The rate of the whole attempt says nothing of a failure that started late. */
function stretchWords({ floor, comparison, baseline }: SequentialRule, { target }: BothSides): string {
  if (floor === undefined || comparison !== undefined || baseline !== undefined) return '';
  return target.kept < floor.atLeast * total(target) ? '' : `, ${BY_A_STRETCH}`;
}

/** What speaks against target now, which may be less than it was: the natural logarithm of the e-value, and what contributes most to it. */
export function limitEvidence(rule: SequentialRule, state: SequentialState): { logEvidence: number; carriedBy: Limit } {
  const parts: Part<Limit>[] = [];
  if (rule.comparison) {
    parts.push({ id: 'comparison', weight: rule.comparison.weight, logEvidence: comparisonEvidence(state.comparison) });
  }
  if (rule.floor) parts.push({ id: 'floor', weight: rule.floor.weight, logEvidence: floorEvidence(state.floor) });
  if (rule.ratio) {
    const logEvidence = state.ratio === undefined ? 0 : ratioEvidence(state.ratio);
    parts.push({ id: 'ratio', weight: rule.ratio.weight, logEvidence });
  }
  if (rule.baseline) {
    const logEvidence = state.frozen === null ? evidenceBeforeFreezing() : frozenEvidence(state.frozen);
    parts.push({ id: 'baseline', weight: rule.baseline.weight, logEvidence });
  }
  return shareAlpha(parts);
}

/** Without evidence to go on by, the rates themselves must be as asked for: what is not broken for certain need not be well. */
function lackingToGoOn(rule: SequentialRule, state: SequentialState): string[] {
  const { minimumOutcomes, goingOn, floor, comparison } = rule;
  const { target, legacy } = state.epoch;
  const lacking: string[] = [];
  const n = total(target);
  if (n < minimumOutcomes) lacking.push(`${n} of the ${minimumOutcomes} outcomes needed since the split last changed`);
  if (goingOn?.notWorseBy !== undefined && !reaches(state.notWorse.logEvidence, goingOn.alpha)) {
    lacking.push(`not shown yet that target is less than ${shown(goingOn.notWorseBy)} below legacy`);
  }
  if (goingOn?.above !== undefined && !reaches(aboveFloorEvidence(state.aboveFloor), goingOn.alpha)) {
    lacking.push(`not shown yet that target keeps more than ${shown(goingOn.above)}`);
  }
  lacking.push(...legacyLacks(rule, state));
  if (lacking.length > 0 || n === 0) return lacking;
  lacking.push(...ratioLacks(rule, state));
  const rate = target.kept / n;
  if (floor !== undefined && goingOn?.above === undefined && rate < floor.atLeast - NOISE) {
    lacking.push(`${shown(rate)} since the split last changed is below the floor, and no proof that it is broken`);
  }
  if (comparison === undefined || goingOn?.notWorseBy !== undefined) return lacking;
  const against = total(legacy) > 0 ? legacy : state.attempt.legacy;
  if (total(against) > 0 && against.kept / total(against) - rate > comparison.margin + NOISE) {
    lacking.push(
      `${shown(rate)} since the split last changed is more than ${shown(comparison.margin)} below legacy, and no proof that it is broken`,
    );
  }
  return lacking;
}

/** What is compared with next to nothing is not compared: legacy must have its outcomes too, of the attempt, which once it has drained it has or never will. */
export function legacyLacks({ ratio, comparison, minimumOutcomes }: SequentialRule, state: SequentialState): string[] {
  const { attempt, frozen } = state;
  const known = total(attempt.legacy);
  if ((ratio === undefined && comparison === undefined) || known >= minimumOutcomes) return [];
  return [
    frozen === null
      ? `${known} of the ${minimumOutcomes} outcomes needed on legacy in the attempt`
      : `legacy has drained with ${known} of the ${minimumOutcomes} outcomes needed: there is nothing to compare with`,
  ];
}

function ratioLacks({ ratio, minimumOutcomes }: SequentialRule, { attempt, epoch }: SequentialState): string[] {
  if (ratio === undefined) return [];
  const legacy = total(epoch.legacy) >= minimumOutcomes ? epoch.legacy : attempt.legacy;
  if (total(legacy) === 0 || isWithin(ratio.times, epoch.target, legacy)) return [];
  return [
    `${withIt(epoch.target)} since the split last changed is more than ${ratio.times} times legacy's ${withIt(legacy)}, and no proof that it is broken`,
  ];
}

/** Rates are not exact in binary: 100% less 95% is more than 5% there. */
const NOISE = 1e-12;

function figures(rule: SequentialRule, { attempt, frozen }: SequentialState): string {
  const { ratio } = rule;
  if (ratio === undefined) return rates(attempt, rule);
  const drained = frozen === null ? '' : ' before it drained';
  return `${ratio.event} in ${withIt(attempt.target)} on target, ${withIt(attempt.legacy)} on legacy${drained}, at most ${ratio.times} times as often`;
}

/** `9 of 87`. */
function withIt(outcomes: Outcomes): string {
  return `${outcomes.missed} of ${total(outcomes)}`;
}

function rates({ target, legacy }: BothSides, { comparison, floor, baseline }: SequentialRule): string {
  const limits = [
    ...(comparison ? [`margin ${shown(comparison.margin)}`] : []),
    ...(floor ? [`floor ${shown(floor.atLeast)}`] : []),
    ...(baseline && 'margin' in baseline && baseline.margin !== comparison?.margin
      ? [`margin ${shown(baseline.margin)} once legacy has drained`]
      : []),
  ].join(', ');
  const onTarget = shown(target.kept / total(target));
  if (comparison === undefined && baseline === undefined) return `kept ${onTarget}, ${limits} (n=${total(target)})`;
  const onLegacy = total(legacy) === 0 ? 'nothing' : shown(legacy.kept / total(legacy));
  return `kept ${onTarget} on target, ${onLegacy} on legacy, ${limits} (n=${total(target)} and ${total(legacy)})`;
}

function shown(proportion: number): string {
  return proportion.toFixed(3).replace(/0$/, '');
}
