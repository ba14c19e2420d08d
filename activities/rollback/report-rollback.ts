import type { RollbackRun } from '../../domain/phase/cohort-run';
import { countDone, type RollbackCount } from '../../domain/rollback/count-in-flight';
import type { RollbackAction } from '../../domain/rollback/rollback-action';
import { cohortRunsOf } from '../../store/cohort-runs';
import type { Queryable } from '../../store/database';
import { rollbackActionsOf } from '../../store/rollback-actions';

export interface ReportedRollback {
  cohort: string;
  /** Who asked for it, why, when, and what it left for people. */
  rollback: RollbackRun;
  /** Its list, in order. `moved`: how many an action really moved, where it moves any; null before. */
  actions: { action: RollbackAction; done: boolean; moved: number | null }[];
  /** By milestone: who was in the middle of a journey on target, and what it did with them so far. */
  inFlight: RollbackCount[];
}

export interface RollbackReport {
  phase: string;
  /** The cohorts that were ever rolled back in this attempt, each with its last one. */
  rollbacks: ReportedRollback[];
}

/** What the last rollback of each cohort of a phase did, or does: from its own list, action by action (I12). */
export async function reportRollback(
  db: Queryable,
  { migration, phase, cohort }: { migration: string; phase: string; cohort?: string | undefined },
): Promise<RollbackReport> {
  const runs = (await cohortRunsOf(db, migration)).filter(
    (row) => row.phase === phase && (cohort === undefined || row.run.cohort === cohort),
  );
  const rollbacks: ReportedRollback[] = [];
  for (const { run } of runs) {
    const { rollback } = run;
    if (rollback === undefined) continue;
    const key = { migration, phase, cohort: run.cohort, rollback: rollback.id };
    const listed = await rollbackActionsOf(db, key);
    const actions = listed.map(({ action, done, moved }) => ({ action, done, moved }));
    rollbacks.push({ cohort: run.cohort, rollback, actions, inFlight: countDone(actions) });
  }
  return { phase, rollbacks };
}
