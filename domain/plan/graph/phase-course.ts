import type { Milliseconds } from '../../time/duration';
import type { Plan, PlanPhase, RampStep } from '../plan-schema';

/** A step of a ramp. */
export interface StepCourse {
  /** From 1. */
  number: number;
  step: RampStep;
}

/** Cohorts that go by the same ramp. */
export interface RampCourse {
  cohorts: readonly string[];
  steps: readonly StepCourse[];
  /** Every watch and the soak, one after the other: the least until it may be committed. */
  lasts: Milliseconds;
}

export interface PhaseCourse {
  phase: PlanPhase;
  /** From 1, in the plan's order. */
  number: number;
  /** Its longest ramp: from its first step to its commit, at least. */
  lasts: Milliseconds;
  ramps: readonly RampCourse[];
  /** Cohorts that no ramp moves. */
  staying: readonly { cohort: string; reason: string }[];
}

/**
 * How the phases follow each other, and how long each lasts at least: every gate passes when its watch is over, and people decide at once. Calendars, and
 * the time that it takes to see enough outcomes, only add to it: the dry run knows the dates.
 */
export function coursesOf(plan: Plan): PhaseCourse[] {
  return plan.phases.map((phase, index) => {
    const ramps = rampsOfPhase(phase);
    const lasts = Math.max(0, ...ramps.map((ramp) => ramp.lasts));
    return { phase, number: index + 1, lasts, ramps, staying: stayingIn(phase) };
  });
}

function rampsOfPhase(phase: PlanPhase): RampCourse[] {
  const moving = phase.cohorts.filter(({ staysOnLegacy }) => staysOnLegacy === undefined);
  const shared = moving.filter(({ ramp }) => ramp === undefined).map(({ id }) => id);
  return [
    ...(shared.length === 0 ? [] : [rampCourse(shared, phase.ramp, phase.soak)]),
    ...moving.flatMap(({ id, ramp }) => (ramp === undefined ? [] : [rampCourse([id], ramp, phase.soak)])),
  ];
}

function rampCourse(cohorts: readonly string[], ramp: readonly RampStep[], soak: Milliseconds): RampCourse {
  const steps = ramp.map((step, index) => ({ number: index + 1, step }));
  return { cohorts, steps, lasts: ramp.reduce((sum, { watch }) => sum + watch, soak) };
}

function stayingIn({ cohorts }: PlanPhase): PhaseCourse['staying'] {
  return cohorts.flatMap(({ id, staysOnLegacy }) =>
    staysOnLegacy === undefined ? [] : [{ cohort: id, reason: staysOnLegacy }],
  );
}
