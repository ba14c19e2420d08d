import { phaseWorkflowId } from '../../domain/phase/commands';
import type { Plan, PlanPhase, RampStep } from '../../domain/plan/plan-schema';
import type {
  MigrationHeldBy,
  MigrationProgress,
  MigrationStatus,
  MigrationSummary,
  PhaseStatus,
  RampStepStatus,
} from '../../domain/status/migration-status';
import { compress } from '../../domain/time/time-scale';
import type { Database } from '../database';
import { countEvents } from '../events';
import { countOutcomes, noOutcomes } from '../handoffs';
import { getMigration, listMigrations, type MigrationRecord } from '../migration-records';
import { getPlan } from '../plans';
import { processesInLimbo } from '../process-standings';
import { readQueueBoard } from '../queue-board';
import { countWrongSideEvents } from '../wrong-side-events';
import { CohortFacts } from './cohort-facts';

/**
 * Where a migration stands, from Postgres alone and as of one moment: it answers while Temporal and every worker are away.
 * undefined where there is no migration of that id.
 */
export async function readMigrationStatus(db: Database, migration: string): Promise<MigrationStatus | undefined> {
  return db.transaction(async (connection) => {
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const record = await getMigration(connection, migration);
    if (record === undefined) return undefined;
    const plan = await getPlan(connection, record.planHash);
    if (plan === undefined) throw new Error('A migration names a plan that is not stored.');
    const facts = await CohortFacts.read(connection, migration);
    const outcomes = new Map((await countOutcomes(connection, migration)).map((tally) => [tally.handoff, tally]));
    return {
      ...summaryOf(record, plan),
      phases: plan.phases.map((phase) => phaseStatus(record, phase, facts)),
      handoffs: plan.handoffs.map(({ id, phase }) => ({ ...(outcomes.get(id) ?? noOutcomes(id, phase)), phase })),
      queues: await readQueueBoard(connection, record, plan.queues),
      events: await countEvents(connection, migration),
      wrongSide: await countWrongSideEvents(connection, migration),
      limbo: await processesInLimbo(connection),
      accepts: {
        keys: plan.keys,
        events: Object.fromEntries(plan.events.map(({ type, data }) => [type, Object.keys(data)])),
      },
    };
  });
}

/** Every migration, the newest first. */
export async function readMigrationSummaries(db: Database): Promise<MigrationSummary[]> {
  const summaries: MigrationSummary[] = [];
  for (const record of await listMigrations(db)) summaries.push(summaryOf(record, await getPlan(db, record.planHash)));
  return summaries;
}

function summaryOf(record: MigrationRecord, plan: Plan | undefined): MigrationSummary {
  return {
    migration: record.id,
    planHash: record.planHash,
    planTitle: plan?.title ?? null,
    state: record.state,
    timeScale: record.timeScale,
    startedAt: record.startedAt.toISOString(),
    startedBy: record.startedBy,
    progress: progressOf(record),
    held: heldBy(record),
  };
}

function heldBy({ state, held, holds, progress }: MigrationRecord): MigrationHeldBy | null {
  if (state === 'ended' || held === null) return null;
  const { by, verified, reason, at } = held;
  return { by, verified, reason, at, told: (progress?.heard ?? 0) >= holds };
}

function progressOf({ state, progress }: MigrationRecord): MigrationProgress | null {
  if (state === 'ended' || progress === null) return null;
  const { status, phase, dwellUntil, because, request, planVersion, proposal } = progress;
  return {
    ...{ status, phase, dwellUntil },
    ...(because && { because }),
    ...(request && { request }),
    ...(planVersion !== undefined && { planVersion }),
    ...(proposal && { proposal }),
  };
}

function phaseStatus(record: MigrationRecord, phase: PlanPhase, facts: CohortFacts): PhaseStatus {
  return {
    phase: phase.id,
    kind: phase.kind,
    unit: phase.unit,
    workflowId: phaseWorkflowId(record.id, phase.id),
    flagKey: phaseWorkflowId(record.id, phase.id),
    ramp: rampStatus(record, phase.ramp),
    cohorts: phase.cohorts.map((cohort) => ({
      ...facts.of({ phase: phase.id, cohort: cohort.id }, phase.gates),
      ramp: cohort.ramp === undefined ? null : rampStatus(record, cohort.ramp),
      staysOnLegacy: cohort.staysOnLegacy ?? null,
    })),
  };
}

function rampStatus(record: MigrationRecord, ramp: readonly RampStep[]): RampStepStatus[] {
  return ramp.map(({ share, perDay, maxOpen, watch }) => ({
    share: share ?? null,
    perDay: perDay ?? null,
    maxOpen: maxOpen ?? null,
    watchMs: compress(watch, record.timeScale),
  }));
}
