import type { CohortRun } from '../../domain/phase/cohort-run';
import type { Plan, PlanPhase, RampStep } from '../../domain/plan/plan-schema';
import type { MigrationStatus, PhaseStatus } from '../../domain/status/migration-status';
import { rehearsalFailed } from './rehearsal-failure';
import { stepName } from './script/check-script';

/** One cohort of one phase, where it stands. */
export interface Standing {
  phase: string;
  run: CohortRun;
}

/** One phase's status. */
export function phaseOf(status: MigrationStatus, phase: string): PhaseStatus {
  const found = status.phases.find((each) => each.phase === phase);
  if (found === undefined) throw rehearsalFailed('no-such-phase', 'The migration has no such phase.');
  return found;
}

/** Where a phase's cohorts stand; those that have not begun are left out. */
export function runsOf(status: MigrationStatus, phase: string): CohortRun[] {
  return phaseOf(status, phase).cohorts.flatMap(({ run }) => (run === null ? [] : [run]));
}

/** Where every cohort of every phase stands that has begun. */
export function standings(status: MigrationStatus): Standing[] {
  return status.phases.flatMap(({ phase, cohorts }) =>
    cohorts.flatMap(({ run }) => (run === null ? [] : [{ phase, run }])),
  );
}

/** The steps that a cohort goes by: its own, or its phase's. */
export function rampOfCohort({ cohorts, ramp }: PlanPhase, cohort: string): readonly RampStep[] {
  return cohorts.find(({ id }) => id === cohort)?.ramp ?? ramp;
}

export function phaseInPlan(plan: Plan, phase: string): PlanPhase {
  const found = plan.phases.find(({ id }) => id === phase);
  if (found === undefined) throw rehearsalFailed('no-such-phase', 'The plan has no such phase.');
  return found;
}

/** One cohort in a few words: `watching step 2 of 4 (25%)`. */
export function standingWords(run: CohortRun, ramp: readonly RampStep[]): string {
  const step = ramp[run.step];
  if (run.status === 'watching' && step !== undefined) {
    return `watching step ${run.step + 1} of ${ramp.length} (${stepName(step)})`;
  }
  if (run.status === 'soaking') return `soaking at ${run.share / 1_000}%`;
  return run.because === undefined ? run.status : `${run.status}: ${run.because.message}`;
}
