import { hasEnded } from '../../domain/phase/cohort-run';
import { reachesPeople } from '../../domain/phase/reaches-people';
import type { Plan, PlanPhase, RollbackScope } from '../../domain/plan/plan-schema';
import { cannotUndo, planRollback, type InFlightGroup } from '../../domain/rollback/plan-rollback';
import { planMigrationRollback } from '../../domain/rollback/plan-migration-rollback';
import type { CannotUndo, MigrationRollbackAction, RollbackAction } from '../../domain/rollback/rollback-action';
import { cohortRunsOf } from '../../store/cohort-runs';
import type { Queryable } from '../../store/database';
import { getMigration } from '../../store/migration-records';
import { countOpenCases, countPlacements, inFlightOnTarget } from '../../store/placements';
import { countEventsOnTarget } from '../../store/rollback-facts';
import { PlanNotStored, type PlanReader } from '../plan-reader';

export interface CohortRollback {
  migration: string;
  phase: string;
  cohort: string;
  scope: RollbackScope;
  byHand?: boolean;
  /** Share of arrivals before and after, in buckets. */
  from: number;
  to: number;
}

export interface RollbackPlanned {
  actions: RollbackAction[];
  /** The people of the cohort in the middle of a journey on target, as they were when this was planned. */
  inFlight: InFlightGroup[];
  /** Where the cases of a rollback go; none where it makes none. */
  queue?: { queue: string; open: number; capacity?: number };
}

/** Reads the facts and asks the one planner. The preview and the execution both come here (I12). @throws PlanNotStored */
export async function planFromFacts(db: Queryable, plan: Plan, of: CohortRollback): Promise<RollbackPlanned> {
  const { migration, cohort, scope, byHand = false, from, to } = of;
  const phase = plan.phases.find(({ id }) => id === of.phase);
  if (phase === undefined) throw new PlanNotStored();
  const { queue } = phase.inFlight;
  const capacity = plan.queues.find(({ id }) => id === queue)?.capacity;
  const reaches = reachesPeople(phase, scope, byHand);
  const inFlightOf = (one: string): Promise<InFlightGroup[]> =>
    inFlightOnTarget(db, {
      ...{ migration, phase: phase.id, cohort: one, unitKind: phase.unit },
      milestones: phase.inFlight.milestones.map(({ id, reachedBy }) => ({ id, reachedBy })),
      countCases: reaches && capacity !== undefined,
    });
  const inFlight = await inFlightOf(cohort);
  const elsewhere: InFlightGroup[] = [];
  if (reaches && capacity !== undefined && (scope === 'phase' || scope === 'migration')) {
    for (const other of await othersGoingBack(db, of)) elsewhere.push(...(await inFlightOf(other)));
  }
  const open = reaches && queue !== undefined ? await countOpenCases(db, migration, queue) : 0;
  const actions = planRollback(
    { cohort, scope, byHand, from, to, inFlight, elsewhere, queue: { capacity, open } },
    phase,
  );
  return {
    actions,
    inFlight,
    ...(reaches && queue !== undefined && { queue: { queue, open, ...(capacity !== undefined && { capacity }) } }),
  };
}

/**
 * The other cohorts that a rollback of all of it reaches. Those that are back already count too: whatever cases they made are open, and are fewer
 * to make, so that each cohort finds the same sum whenever it plans.
 */
async function othersGoingBack(db: Queryable, { migration, phase, cohort }: CohortRollback): Promise<string[]> {
  const runs = await cohortRunsOf(db, migration);
  return runs
    .filter(
      (row) => row.phase === phase && row.run.cohort !== cohort && !hasEnded(row.run) && row.run.status !== 'takenOut',
    )
    .map(({ run }) => run.cohort);
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
