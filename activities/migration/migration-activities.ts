import { ENGINE_VERSION, type PhaseRules } from '../../domain/phase/phase-rules';
import { appendAudit } from '../../store/audit';
import type { Database, Queryable } from '../../store/database';
import { endMigration, getMigration } from '../../store/migration-records';
import type { MigrationActivities } from '../phase-activities';
import { PlanNotStored, type PlanReader } from '../plan-reader';

/** The rules that each phase of a migration goes by, in the plan's order. @throws PlanNotStored */
export async function loadPhaseRules(db: Queryable, plans: PlanReader, migration: string): Promise<PhaseRules[]> {
  const record = await getMigration(db, migration);
  if (record === undefined) throw new PlanNotStored();
  const { planHash, startedBy, timeScale } = record;
  const plan = await plans.plan(planHash);
  return plan.phases.map((phase) => ({
    engineVersion: ENGINE_VERSION,
    ...{ migration, planHash, startedBy, timeScale, phase },
    rollbackRules: plan.rollbackRules.filter((rule) => rule.phase === phase.id),
  }));
}

export function migrationActivities(db: Database, plans: PlanReader): MigrationActivities {
  return {
    loadPhases: ({ migration }) => loadPhaseRules(db, plans, migration),

    async endMigration({ migration, outcome }) {
      await db.transaction(async (connection) => {
        await endMigration(connection, migration);
        const action = `migration.${outcome}`;
        await appendAudit(connection, {
          migration,
          actor: 'system:migration',
          verified: true,
          action,
          onceKey: 'migration.ended',
        });
      });
    },
  };
}
