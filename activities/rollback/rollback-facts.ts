import type { PlanPhase, RollbackScope } from '../../domain/plan/plan-schema';
import { cannotUndo, planRollback } from '../../domain/rollback/plan-rollback';
import { planMigrationRollback } from '../../domain/rollback/plan-migration-rollback';
import type { CannotUndo, MigrationRollbackAction, RollbackAction } from '../../domain/rollback/rollback-action';
import { cohortRunsOf } from '../../store/cohort-runs';
import type { Queryable } from '../../store/database';
import { getMigration } from '../../store/migration-records';
import { countPlacements, inFlightOnTarget } from '../../store/placements';
import { countEventsOnTarget } from '../../store/rollback-facts';
import { PlanNotStored, type PlanReader } from '../plan-reader';

export interface CohortRollback {
  migration: string;
  cohort: string;
  scope: RollbackScope;
  /** Share of arrivals before and after, in buckets. */
  from: number;
  to: number;
}

/** Reads the facts and asks the one planner. The preview and the execution both come here (I12). */
export async function planFromFacts(db: Queryable, phase: PlanPhase, of: CohortRollback): Promise<RollbackAction[]> {
  const { migration, cohort, scope, from, to } = of;
  const milestones = phase.inFlight.milestones.map(({ id, reachedBy }) => ({ id, reachedBy }));
  const inFlight = await inFlightOnTarget(db, { migration, phase: phase.id, cohort, unitKind: phase.unit, milestones });
  return planRollback({ cohort, scope, from, to, inFlight }, phase);
}

/** The same for what a rollback of the migration does besides its phase's part. */
export async function planMigrationFromFacts(
  db: Queryable,
  plans: PlanReader,
  migration: string,
): Promise<MigrationRollbackAction[]> {
  const record = await getMigration(db, migration);
  if (record === undefined) throw new PlanNotStored();
  const { phases } = await plans.plan(record.planHash);
  const runs = await cohortRunsOf(db, migration);
  const placed = await countPlacements(db, migration);
  return planMigrationRollback(
    phases.map(({ id }) => ({
      phase: id,
      cohorts: runs.filter(({ phase }) => phase === id).map(({ run }) => ({ cohort: run.cohort, status: run.status })),
      onTarget: placed.filter(({ phase }) => phase === id).reduce((sum, { target }) => sum + target, 0),
    })),
  );
}

/** What people are shown beside the list. Nothing is done with it, so the execution never waits for it. */
export async function findCannotUndo(
  db: Queryable,
  phase: PlanPhase,
  { migration, cohort }: Pick<CohortRollback, 'migration' | 'cohort'>,
): Promise<CannotUndo[]> {
  const types = phase.irreversible.map(({ event }) => event);
  if (types.length === 0) return [];
  const of = { migration, phase: phase.id, cohort, unitKind: phase.unit, types };
  return cannotUndo(phase, await countEventsOnTarget(db, of));
}
