import type { Draft } from '../draft';
import type { GateRule, PlanPhase } from '../plan-schema';
import { readable } from '../rules/rule';
import { arrivalsOf, cohortVolumes } from './cohort-volumes';

const DAY = 86_400_000;

/** A step of a cohort at the volume that is expected, at best. */
export interface WatchedStep {
  cohort: string;
  /** Counted from 1. */
  number: number;
  /** Arrivals a day. */
  onTarget: number;
  onLegacy: number;
  /** Arrivals that stayed on legacy in the steps before. */
  legacyBefore: number;
  /** Watch time and the wait on too few outcomes, in milliseconds. */
  patience: number;
}

/** Every step of every cohort whose volume is known, each as long as the gate takes. */
export function* watchedSteps(phase: Draft<PlanPhase>, rule: GateRule): Generator<WatchedStep> {
  const wait = phase.hold?.insufficient;
  if (wait === undefined) return;
  for (const [{ id = '', ramp = phase.ramp }, volume] of cohortVolumes(phase)) {
    let legacyBefore = 0;
    for (const [index, step] of readable(ramp)) {
      const onTarget = arrivalsOf(step, volume);
      if (onTarget === undefined || step.watch === undefined) break;
      const patience = step.watch + wait;
      const watched = { cohort: id, number: index + 1, onTarget, onLegacy: volume - onTarget, legacyBefore, patience };
      yield watched;
      const lasts = Math.max(step.watch, Math.min(patience, timeToDecide(rule, watched)));
      legacyBefore += (watched.onLegacy * lasts) / DAY;
    }
  }
}

/** How long it takes, at best, until a gate has what it asks for, in milliseconds; Infinity where it never has. */
export function timeToDecide(rule: GateRule, { onTarget, onLegacy, legacyBefore }: WatchedStep): number {
  const target = rule.minimumOutcomes / onTarget;
  const missing = rule.kind === 'comparison' ? Math.max(0, rule.minimumOutcomes - legacyBefore) : 0;
  return Math.max(target, missing === 0 ? 0 : missing / onLegacy) * DAY;
}
