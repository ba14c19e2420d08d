import type { PlanPhase, RollbackScope } from '../../domain/plan/plan-schema';
import { cannotUndo, planRollback } from '../../domain/rollback/plan-rollback';
import type { CannotUndo, RollbackAction } from '../../domain/rollback/rollback-action';
import type { Queryable } from '../../store/database';
import { inFlightOnTarget } from '../../store/placements';
import { countEventsOnTarget } from '../../store/rollback-facts';

export interface PlannedRollback {
  cohort: string;
  actions: RollbackAction[];
  cannotUndo: CannotUndo[];
}

/** Reads the facts and asks the one planner. The preview and the execution both come here (I12). */
export async function planFromFacts(
  db: Queryable,
  phase: PlanPhase,
  of: { migration: string; cohort: string; scope: RollbackScope; from: number; to: number },
): Promise<PlannedRollback> {
  const { migration, cohort, scope, from, to } = of;
  const key = { migration, phase: phase.id, cohort };
  const milestones = phase.inFlight.milestones.map(({ id, reachedBy }) => ({ id, reachedBy }));
  const inFlight = await inFlightOnTarget(db, { ...key, unitKind: phase.unit, milestones });
  const types = phase.irreversible.map(({ event }) => event);
  const counts = types.length === 0 ? {} : await countEventsOnTarget(db, { ...key, unitKind: phase.unit, types });
  return {
    cohort,
    actions: planRollback({ cohort, scope, from, to, inFlight }, phase),
    cannotUndo: cannotUndo(phase, counts),
  };
}
