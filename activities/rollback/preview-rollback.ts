import { DomainError } from '../../domain/domain-error';
import type { Refusal } from '../../domain/phase/check-command';
import type { CohortRun } from '../../domain/phase/cohort-run';
import { chooseCohorts } from '../../domain/phase/choose-cohorts';
import { transition } from '../../domain/phase/transition';
import type { RollbackScope } from '../../domain/plan/plan-schema';
import type { CannotUndo, RollbackAction } from '../../domain/rollback/rollback-action';
import { cohortRunsOf } from '../../store/cohort-runs';
import type { Queryable } from '../../store/database';
import { loadPhaseRules } from '../migration/migration-activities';
import { PlanNotStored, PlanReader } from '../plan-reader';
import { findCannotUndo, planFromFacts } from './rollback-facts';

export interface PlannedRollback {
  cohort: string;
  actions: RollbackAction[];
  cannotUndo: CannotUndo[];
}

/** A rollback that would be refused as it was asked for. */
export class RollbackRefused extends DomainError {
  readonly code: string;
  readonly status = 409;
  constructor({ code, message }: Refusal) {
    super(message);
    this.code = code;
  }
}

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
  const runs = stored.filter((row) => row.phase === phase.id).map(({ run }) => run);
  const actor = { id: 'preview', roles: ['engineer' as const], verified: true };
  const command = { actor, scope: of.scope, ...(of.cohort !== undefined && { cohort: of.cohort }) };
  const { cohorts, untouched, refusal } = chooseCohorts(runs, 'rollback', command, rules);
  // What the rollback itself would be refused for, its preview is refused for too; that there is nothing to do is an answer.
  if (refusal !== undefined && untouched.length === 0) throw new RollbackRefused(refusal);
  const event = { kind: 'rollback' as const, scope: of.scope, by: actor.id, verified: true, because: 'preview' };
  const after = (run: CohortRun): CohortRun => transition(run, event, rules, run.changedAt).run;
  // A rollback of all of it reaches every cohort that it can, those too that have moved nobody yet.
  const whole = of.scope === 'phase' || of.scope === 'migration';
  const touched = (run: CohortRun): boolean =>
    cohorts.includes(run.cohort) || (whole && cohorts.length > 0 && after(run) !== run);
  const preview: RollbackPreview = { scope: of.scope, cohorts: [], untouched: [] };
  for (const run of runs.filter(touched)) {
    const { status, parkAt, rollback } = after(run);
    const key = { migration, cohort: run.cohort };
    const actions: RollbackAction[] =
      status === 'rollingBack'
        ? await planFromFacts(db, phase, {
            ...key,
            scope: of.scope,
            from: rollback?.shareBefore ?? run.share,
            to: parkAt,
          })
        : [{ kind: 'voidGo', cohort: run.cohort }];
    preview.cohorts.push({ cohort: run.cohort, actions, cannotUndo: await findCannotUndo(db, phase, key) });
  }
  preview.untouched = untouched.filter(({ cohort }) => !preview.cohorts.some((planned) => planned.cohort === cohort));
  return preview;
}
