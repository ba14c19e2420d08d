import { calendarOf } from '../../domain/calendar/calendar-of';
import { CALENDAR_ENGINE_VERSION, ENGINE_VERSION, type PhaseRules } from '../../domain/phase/phase-rules';
import { appendAudit } from '../../store/audit';
import type { Database, Queryable } from '../../store/database';
import { storable } from '../../domain/phase/storable-text';
import type { MigrationRollbackAction } from '../../domain/rollback/rollback-action';
import { unreachable } from '../../domain/unreachable';
import { endMigration, getMigration, saveMigrationProgress } from '../../store/migration-records';
import {
  markRollbackActionDone,
  migrationRollbackKey,
  rollbackActionsOf,
  saveRollbackActions,
} from '../../store/rollback-actions';
import type { MigrationActivities } from '../phase-activities';
import { PlanNotStored, type PlanReader } from '../plan-reader';
import { planMigrationFromFacts } from '../rollback/rollback-facts';

const MIGRATION = 'system:migration';

/**
 * The rules that each phase of a migration goes by, in the plan's order; by another version of the plan where one is named.
 * @throws PlanNotStored
 */
export async function loadPhaseRules(
  db: Queryable,
  plans: PlanReader,
  migration: string,
  version?: string,
): Promise<PhaseRules[]> {
  const record = await getMigration(db, migration);
  if (record === undefined) throw new PlanNotStored();
  const { startedBy, timeScale } = record;
  const planHash = version ?? record.planHash;
  const plan = await plans.plan(planHash);
  return plan.phases.map((phase) => {
    const calendar = calendarOf(plan, phase.id);
    return {
      engineVersion: calendar === undefined ? ENGINE_VERSION : CALENDAR_ENGINE_VERSION,
      ...{ migration, planHash, startedBy, timeScale, phase },
      rollbackRules: plan.rollbackRules.filter((rule) => rule.phase === phase.id),
      ...(calendar !== undefined && { calendar: calendar.id }),
    };
  });
}

export function migrationActivities(
  db: Database,
  plans: PlanReader,
): Omit<MigrationActivities, 'judgePlanChange' | 'adoptPlan'> {
  return {
    async loadPhases({ migration }) {
      return { phases: await loadPhaseRules(db, plans, migration) };
    },

    async endMigration({ migration, outcome }) {
      await db.transaction(async (connection) => {
        await endMigration(connection, migration);
        const action = `migration.${outcome}`;
        await appendAudit(connection, {
          migration,
          actor: MIGRATION,
          verified: true,
          action,
          onceKey: 'migration.ended',
        });
      });
    },

    async recordMigration(transition) {
      const { migration, planHash, onceKey, run, recorded } = storable(transition);
      await db.transaction(async (connection) => {
        await saveMigrationProgress(connection, migration, run);
        for (const [index, row] of recorded.entries()) {
          await appendAudit(connection, { migration, planHash, onceKey: `${onceKey}/${index}`, ...row });
        }
      });
    },

    async planMigrationRollback({ migration, rollback }) {
      const actions = await planMigrationFromFacts(db, plans, migration);
      const key = migrationRollbackKey(migration, rollback);
      return { actions: await saveRollbackActions<MigrationRollbackAction>(db, key, actions) };
    },

    async executeMigrationAction({ migration, planHash, rollback, ordinal }) {
      const key = migrationRollbackKey(migration, rollback);
      const listed = (await rollbackActionsOf<MigrationRollbackAction>(db, key)).find((row) => row.ordinal === ordinal);
      if (listed === undefined || listed.done) return;
      await db.transaction(async (connection) => {
        await carryOut(connection, listed.action, { migration, planHash, onceKey: `${rollback}/${ordinal}` });
        await markRollbackActionDone(connection, key, ordinal, {});
      });
    },
  };
}

/** What it says is done already or cannot be done: it is found to hold, and is written down for those who read it later. */
async function carryOut(
  connection: Queryable,
  action: MigrationRollbackAction,
  of: { migration: string; planHash: string; onceKey: string },
): Promise<void> {
  switch (action.kind) {
    case 'holdMigration': {
      const record = await getMigration(connection, of.migration);
      if (record?.progress?.status !== 'rolledBack') throw new Error('The migration was let go on in between.');
      await appendAudit(connection, {
        ...{ ...of, actor: MIGRATION, verified: true, action: 'migration.held' },
        evidence: { waiting: action.phases },
      });
      return;
    }
    case 'cannotReverse':
      await appendAudit(connection, {
        ...{ ...of, actor: MIGRATION, verified: true, action: 'migration.cannotReverse', phase: action.phase },
        reason: 'This phase is committed. Going back takes a reverse cutover.',
        evidence: { cohorts: action.cohorts, people: action.people },
      });
      return;
    default:
      unreachable(action);
  }
}
