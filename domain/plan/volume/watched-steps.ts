import { comparesSides, type CountedRule } from '../counted-rule';
import type { Draft } from '../draft';
import type { GateSource, PlanPhase, RampStep } from '../plan-schema';
import { readable } from '../rules/rule';
import { arrivalsOf, cohortVolumes } from './cohort-volumes';

const DAY = 86_400_000;

/** What a step of a ramp comes to at a volume, at best. */
export interface StepFigures {
  /** Counted from 1. */
  number: number;
  /** Arrivals a day. */
  onTarget: number;
  onLegacy: number;
  /** In milliseconds. */
  watch: number;
  /** Watch time and the wait on too few outcomes, in milliseconds. */
  patience: number;
}

/** A step of a cohort at the volume that is expected, at best. */
export interface WatchedStep extends Omit<StepFigures, 'watch'> {
  cohort: string;
  /** Arrivals that stayed on legacy in the steps before. */
  legacyBefore: number;
}

/** Every step of every cohort whose volume is known, each as long as the gate takes; with the outcomes of its source where those are no arrivals. */
export function* watchedSteps(
  phase: Draft<PlanPhase>,
  rule: CountedRule,
  source?: Draft<GateSource>,
): Generator<WatchedStep> {
  const wait = phase.hold?.insufficient;
  if (wait === undefined) return;
  for (const [{ id = '', ramp = phase.ramp }, volume] of cohortVolumes(phase)) {
    let legacyBefore = 0;
    for (const arriving of stepFigures(ramp, volume, wait)) {
      const step = { ...arriving, ...syntheticADay(source) };
      const { number, onTarget, onLegacy, patience } = step;
      yield { cohort: id, number, onTarget, onLegacy, legacyBefore, patience };
      legacyBefore = legacyAfter(rule, step, legacyBefore);
    }
  }
}

/** Synthetic patients come at their own pace, whatever the share. Undefined for every other source. */
function syntheticADay(source: Draft<GateSource> | undefined): Pick<StepFigures, 'onTarget' | 'onLegacy'> | undefined {
  if (source?.kind !== 'synthetic' || source.every === undefined) return undefined;
  const aDay = DAY / source.every;
  return { onTarget: aDay, onLegacy: source.legacy === undefined ? 0 : aDay };
}

/** The steps of a ramp at a volume, up to the first that says too little; one that could not be read at all is passed over. */
export function stepFigures(
  ramp: readonly (Draft<RampStep> | undefined)[] | undefined,
  volume: number,
  wait: number,
): StepFigures[] {
  const figures: StepFigures[] = [];
  for (const [index, step] of readable(ramp)) {
    const onTarget = arrivalsOf(step, volume);
    const { watch } = step;
    if (onTarget === undefined || watch === undefined) break;
    figures.push({ number: index + 1, onTarget, onLegacy: volume - onTarget, watch, patience: watch + wait });
  }
  return figures;
}

/** Arrivals that have stayed on legacy when a step is over, of so many when it began. */
export function legacyAfter(rule: CountedRule, step: StepFigures, legacyBefore: number): number {
  const { onLegacy, watch, patience } = step;
  const lasts = Math.max(watch, Math.min(patience, decidesAfter(rule, step, legacyBefore)));
  return legacyBefore + (onLegacy * lasts) / DAY;
}

/** How long it takes, at best, until a gate has what it asks for, in milliseconds; Infinity where it never has. */
export function timeToDecide(rule: CountedRule, step: WatchedStep): number {
  return decidesAfter(rule, step, step.legacyBefore);
}

/** The same, where so many arrivals stayed on legacy in the steps before. */
export function decidesAfter(
  { kind, minimumOutcomes }: CountedRule,
  { onTarget, onLegacy }: Pick<StepFigures, 'onTarget' | 'onLegacy'>,
  legacyBefore: number,
): number {
  const target = minimumOutcomes / onTarget;
  const missing = comparesSides({ kind }) ? Math.max(0, minimumOutcomes - legacyBefore) : 0;
  return Math.max(target, missing === 0 ? 0 : missing / onLegacy) * DAY;
}
