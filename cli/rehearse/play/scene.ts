import type { CohortRun } from '../../../domain/phase/cohort-run';
import type { PlanPhase } from '../../../domain/plan/plan-schema';
import type { MigrationStatus } from '../../../domain/status/migration-status';
import type { Check } from '../rehearsal-report';
import type { Facts } from '../gather-facts';
import { stepOf } from '../script/check-script';
import type { Moment } from '../script/script-schema';
import { rampOfCohort, runsOf, type Standing } from '../standing';

/** One thing that happens in a rehearsal. It is shown where everything stands, a few times a second, and does its part then. */
export interface Scene {
  readonly id: string;
  /** Whether all of it has happened. */
  readonly over: boolean;
  /** What it waits for now, for whoever wonders why nothing happens. */
  readonly waitsFor: string;
  look(status: MigrationStatus): Promise<void>;
  /** Whether people may take the decision that this cohort asks for. */
  lets(standing: Standing): boolean;
  /** Whether it is the cause that this cohort has stopped. */
  explains(standing: Standing): boolean;
  /** What must hold of it in the end. */
  checks(facts: Facts): Check[];
}

/** The cohort whose step is looked at now, of those that are meant; undefined while there is none. */
export function momentHas(at: Moment, phase: PlanPhase, status: MigrationStatus): CohortRun | undefined {
  return runsOf(status, phase.id).find((run) => {
    if (run.status !== 'watching' || run.share === 0 || (at.cohort !== undefined && run.cohort !== at.cohort))
      return false;
    const step = stepOf(at, rampOfCohort(phase, run.cohort));
    return step !== undefined && run.step >= step;
  });
}
