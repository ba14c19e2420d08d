import type { CohortRun } from '../../domain/phase/cohort-run';
import type { MigrationStatus, PhaseStatus } from '../../domain/status/migration-status';
import { rehearsalFailed } from './rehearsal-failure';

/** The phase that is rehearsed. */
export function phaseOf(status: MigrationStatus, phase: string): PhaseStatus {
  const found = status.phases.find((each) => each.phase === phase);
  if (found === undefined) throw rehearsalFailed('no-such-phase', 'The migration has no such phase.');
  return found;
}

/** Where its cohorts stand; those that have not begun are left out. */
export function runsOf(status: MigrationStatus, phase: string): CohortRun[] {
  return phaseOf(status, phase).cohorts.flatMap(({ run }) => (run === null ? [] : [run]));
}

/** One cohort in a few words: `watching step 2 of 4 (25%)`. */
export function standingWords(run: CohortRun, steps: number): string {
  const share = `${run.share / 1_000}%`;
  if (run.status === 'watching') return `watching step ${run.step + 1} of ${steps} (${share})`;
  if (run.status === 'soaking') return `soaking at ${share}`;
  return run.because === undefined ? run.status : `${run.status}: ${run.because.message}`;
}
