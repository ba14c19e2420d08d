import { checkCommand, type Refusal } from '../../domain/phase/check-command';
import { transition } from '../../domain/phase/transition';
import type { RollbackScope } from '../../domain/plan/plan-schema';
import { cohortRunsOf } from '../../store/cohort-runs';
import type { Queryable } from '../../store/database';
import { loadPhaseRules } from '../migration/migration-activities';
import { PlanNotStored, PlanReader } from '../plan-reader';
import { planFromFacts, type PlannedRollback } from './rollback-facts';

export interface RollbackPreview {
  scope: RollbackScope;
  cohorts: PlannedRollback[];
  /** Cohorts that this rollback would leave as they are, and why. */
  untouched: ({ cohort: string } & Refusal)[];
}

/**
 * What a rollback would do now, without doing it. The state machine and the planner that would carry it out are asked, so the
 * answer holds for as long as nobody moves.
 */
export async function previewRollback(
  db: Queryable,
  of: { migration: string; phase: string; scope: RollbackScope; cohort?: string | undefined },
): Promise<RollbackPreview> {
  const { migration } = of;
  const rules = (await loadPhaseRules(db, new PlanReader(db), migration)).find(({ phase }) => phase.id === of.phase);
  if (rules === undefined) throw new PlanNotStored();
  const { phase } = rules;
  const stored = await cohortRunsOf(db, migration);
  const runs = stored.filter(
    (row) => row.phase === phase.id && (of.cohort === undefined || row.run.cohort === of.cohort),
  );
  const actor = { id: 'preview', roles: ['engineer' as const], verified: true };
  const preview: RollbackPreview = { scope: of.scope, cohorts: [], untouched: [] };
  for (const { run } of runs) {
    const refusal = checkCommand(run, 'rollback', { actor }, rules);
    if (refusal !== undefined) {
      preview.untouched.push({ cohort: run.cohort, ...refusal });
      continue;
    }
    const event = { kind: 'rollback' as const, scope: of.scope, by: actor.id, verified: true, because: 'preview' };
    const { run: after } = transition(run, event, rules, run.changedAt);
    const shares = { from: run.share, to: after.parkAt };
    preview.cohorts.push(await planFromFacts(db, phase, { migration, cohort: run.cohort, scope: of.scope, ...shares }));
  }
  return preview;
}
