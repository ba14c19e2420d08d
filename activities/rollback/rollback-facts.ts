import type { PlanPhase, RollbackScope } from '../../domain/plan/plan-schema';
import { cannotUndo, planRollback } from '../../domain/rollback/plan-rollback';
import type { CannotUndo, RollbackAction } from '../../domain/rollback/rollback-action';
import type { Queryable } from '../../store/database';
import { inFlightOnTarget } from '../../store/placements';
import { countEventsOnTarget } from '../../store/rollback-facts';

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
