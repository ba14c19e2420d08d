import { hasEnded } from '../../domain/phase/cohort-run';
import { whyNotTaken } from '../../domain/phase/why-not-taken';
import { planHash } from '../../domain/plan/plan-hash';
import { judgePlanChange, type PhasesStand, type PlanJudgement } from '../../domain/plan/versions/judge-plan-change';
import type { Refused } from '../../domain/plan/versions/what-is-fixed';
import { appendAudit } from '../../store/audit';
import { cohortRunsOf } from '../../store/cohort-runs';
import type { Database, Queryable } from '../../store/database';
import { adoptPlanVersion } from '../../store/plan-versions';
import type { MigrationActivities, PlanChangeOf } from '../phase-activities';
import type { PlanReader } from '../plan-reader';
import { loadPhaseRules } from './migration-activities';

/** What another version of a plan asks of the world. */
export function planChangeActivities(
  db: Database,
  plans: PlanReader,
): Pick<MigrationActivities, 'judgePlanChange' | 'adoptPlan'> {
  return {
    async judgePlanChange({ ended, live, ...of }) {
      const { refused, needs } = await judgeFromFacts(db, plans, of, { ended, live });
      const told = refused.map(({ path, message }) => `${path}: ${message}`);
      return { refused: told, needs, phases: await loadPhaseRules(db, plans, of.migration, of.to) };
    },

    async adoptPlan({ version, reason, ...adoption }) {
      const { migration, from, to, proposedBy, approvedBy } = adoption;
      await db.transaction(async (connection) => {
        await adoptPlanVersion(connection, { ...adoption, number: version });
        await appendAudit(connection, {
          ...{ migration, planHash: to, actor: approvedBy, verified: true, action: 'plan.adopted' },
          ...(reason !== undefined && { reason }),
          evidence: { from, to, version, proposedBy },
          onceKey: `plan/${version}`,
        });
      });
      return { adopted: true };
    },
  };
}

/**
 * Judges another version by the plan, and by where each cohort of the phase under way is. The phase itself has the last word: a cohort may be
 * further than what is written down of it.
 * @throws PlanNotStored
 */
export async function judgeFromFacts(
  db: Queryable,
  plans: PlanReader,
  { migration, from, to }: PlanChangeOf,
  stand: PhasesStand,
): Promise<PlanJudgement> {
  const [before, after] = [await plans.plan(from), await plans.plan(to)];
  const judgement = judgePlanChange(before, after, stand);
  // The same under a hash of an earlier release.
  if (planHash(before) === planHash(after)) {
    const message = 'This is the plan in force: there is nothing to change.';
    return { ...judgement, refused: [{ path: 'plan', message }] };
  }
  const { live } = stand;
  const newer = after.phases.find(({ id }) => id === live);
  if (live === null || newer === undefined) return judgement;
  const passed: Refused[] = [];
  for (const { phase, run } of await cohortRunsOf(db, migration)) {
    if (phase !== live) continue;
    // It may go by a version before the one in force, until its step ends.
    const message = whyNotTaken(run, { phase: await plans.phase(run.planHash ?? from, live) }, { phase: newer });
    if (message !== undefined) passed.push({ path: `phases[${live}].ramp`, message });
  }
  return { ...judgement, refused: [...judgement.refused, ...passed] };
}

/** How far its phases have come, by what is written down. */
export async function phasesStand(db: Queryable, migration: string): Promise<PhasesStand> {
  const runs = await cohortRunsOf(db, migration);
  const begun = [...new Set(runs.map(({ phase }) => phase))];
  const over = (phase: string): boolean => runs.every((row) => row.phase !== phase || hasEnded(row.run));
  return { ended: begun.filter(over), live: begun.find((phase) => !over(phase)) ?? null };
}
