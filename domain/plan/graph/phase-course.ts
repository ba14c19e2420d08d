import type { Milliseconds } from '../../time/duration';
import type { Plan, PlanPhase, RampStep } from '../plan-schema';

/** A step of a ramp, and when it can begin: `begins` is counted from the phase's first step. */
export interface StepCourse {
  /** From 1. */
  number: number;
  step: RampStep;
  begins: Milliseconds;
}

/** Cohorts that go by the same ramp. */
export interface RampCourse {
  cohorts: readonly string[];
  steps: readonly StepCourse[];
  soakBegins: Milliseconds;
  /** The end of the soak: from then on it may be committed. */
  ends: Milliseconds;
}

export interface PhaseCourse {
  phase: PlanPhase;
  /** From 1, in the plan's order. */
  number: number;
  /** From the migration's first step to the phase's. */
  begins: Milliseconds;
  /** To its commit, counted like `begins`. */
  commits: Milliseconds;
  ramps: readonly RampCourse[];
  /** Cohorts that no ramp moves. */
  staying: readonly { cohort: string; reason: string }[];
}

/**
 * How the phases follow each other, at the earliest: every gate passes when its watch is over, and people decide at once. A phase is committed when its
 * longest ramp has soaked, and the next begins when that has been stable for its dwell. Calendars, and the time that it takes to see enough outcomes,
 * only add to it.
 */
export function coursesOf(plan: Plan): PhaseCourse[] {
  let begins = 0;
  return plan.phases.map((phase, index) => {
    const ramps = rampsOfPhase(phase);
    const commits = begins + Math.max(0, ...ramps.map(({ ends }) => ends));
    const course = { phase, number: index + 1, begins, commits, ramps, staying: stayingIn(phase) };
    begins = commits + phase.dwell;
    return course;
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
  let begins = 0;
  const steps = ramp.map((step, index) => {
    const course = { number: index + 1, step, begins };
    begins += step.watch;
    return course;
  });
  return { cohorts, steps, soakBegins: begins, ends: begins + soak };
}

function stayingIn({ cohorts }: PlanPhase): PhaseCourse['staying'] {
  return cohorts.flatMap(({ id, staysOnLegacy }) =>
    staysOnLegacy === undefined ? [] : [{ cohort: id, reason: staysOnLegacy }],
  );
}
