import { DomainError } from '../../domain/domain-error';
import type { Refusal } from '../../domain/phase/check-command';
import type { CohortRun } from '../../domain/phase/cohort-run';
import { chooseCohorts } from '../../domain/phase/choose-cohorts';
import { transition } from '../../domain/phase/transition';
import type { RollbackScope } from '../../domain/plan/plan-schema';
import { countInFlight, type InFlightCount } from '../../domain/rollback/count-in-flight';
import type { CannotUndo, RollbackAction } from '../../domain/rollback/rollback-action';
import { cohortRunsOf } from '../../store/cohort-runs';
import type { Queryable } from '../../store/database';
import { loadPhaseRules } from '../migration/migration-activities';
import { PlanNotStored, PlanReader } from '../plan-reader';
import { findCannotUndo, planFromFacts } from './rollback-facts';

export interface PlannedRollback {
  cohort: string;
  actions: RollbackAction[];
  /** People in the middle of a journey on target, by how far they got: now, and after it. */
  inFlight: InFlightCount[];
  /** Where its cases go, with those that are open there now. Left out where it makes none. */
  queue?: { queue: string; open: number; capacity?: number };
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
  of: {
    migration: string;
    phase: string;
    scope: RollbackScope;
    cohort?: string | undefined;
    bringBack?: boolean | undefined;
  },
): Promise<RollbackPreview> {
  const { migration, bringBack: byHand = false } = of;
  const plans = new PlanReader(db);
  const rules = (await loadPhaseRules(db, plans, migration)).find(({ phase }) => phase.id === of.phase);
  if (rules === undefined) throw new PlanNotStored();
  const { phase } = rules;
  const stored = await cohortRunsOf(db, migration);
  const runs = stored.filter((row) => row.phase === phase.id).map(({ run }) => run);
  const actor = { id: 'preview', roles: ['engineer' as const], verified: true };
  const command = { actor, scope: of.scope, bringBack: byHand, ...(of.cohort !== undefined && { cohort: of.cohort }) };
  const { cohorts, untouched, refusal } = chooseCohorts(runs, 'rollback', command, rules);
  // What the rollback itself would be refused for, its preview is refused for too; that there is nothing to do is an answer.
  if (refusal !== undefined && untouched.length === 0) throw new RollbackRefused(refusal);
  const event = {
    kind: 'rollback' as const,
    scope: of.scope,
    by: actor.id,
    verified: true,
    because: 'preview',
    byHand,
  };
  const after = (run: CohortRun): CohortRun => transition(run, event, rules, run.changedAt).run;
  // A rollback of all of it reaches every cohort that it can, those too that have moved nobody yet.
  const whole = of.scope === 'phase' || of.scope === 'migration';
  const touched = (run: CohortRun): boolean =>
    cohorts.includes(run.cohort) || (whole && cohorts.length > 0 && after(run) !== run);
  const preview: RollbackPreview = { scope: of.scope, cohorts: [], untouched: [] };
  for (const run of runs.filter(touched)) {
    const { status, parkAt, rollback } = after(run);
    const key = { migration, cohort: run.cohort };
    const planned =
      status === 'rollingBack'
        ? await planFromFacts(db, await plans.plan(run.planHash ?? rules.planHash), {
            ...{ ...key, phase: phase.id, scope: of.scope, byHand: rollback?.byHand === true },
            from: rollback?.shareBefore ?? run.share,
            to: parkAt,
          })
        : { actions: [{ kind: 'voidGo' as const, cohort: run.cohort }], inFlight: [] };
    const { actions, inFlight, ...queue } = planned;
    preview.cohorts.push({
      cohort: run.cohort,
      actions,
      inFlight: countInFlight(
        inFlight,
        actions.map((action) => ({ action })),
      ),
      ...queue,
      cannotUndo: await findCannotUndo(db, phase, key),
    });
  }
  preview.untouched = untouched.filter(({ cohort }) => !preview.cohorts.some((planned) => planned.cohort === cohort));
  return preview;
}
