import { createHash, randomBytes } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { DomainError } from '../../domain/domain-error';
import type { Actor } from '../../domain/phase/actor';
import { migrationWorkflowId, phaseWorkflowId } from '../../domain/phase/commands';
import { ENGINE_VERSION } from '../../domain/phase/phase-rules';
import type { PlanProblem } from '../../domain/plan/plan-problem';
import type { Plan } from '../../domain/plan/plan-schema';
import { appendAudit } from '../../store/audit';
import type { Database } from '../../store/database';
import { createMigration, getMigration } from '../../store/migration-records';
import { savePlan } from '../../store/plans';
import { START_ONCE_KEY, startKeyOf } from '../../store/start-records';
import type { MigrationInput } from '../../workflows/input';
import type { PlanThread } from '../plans/plan-thread';
import { TemporalUnreachable, type TemporalLink } from '../temporal-link';
import type { StartRequest } from './requests';
import { isSilence } from './send-command';

const STARTED_WITHIN = 5_000;
/** A row whose workflow is not there after this was left behind by whoever wrote it, and may be gone on with by any request for the same. */
const LEFT_BEHIND_AFTER = 15_000;

export interface StartedMigration {
  migration: string;
  planHash: string;
  phases: { phase: string; kind: string; unit: string; workflowId: string; flagKey: string; cohorts: string[] }[];
  /** What the plan declares and this release does not act on, each with its place: nobody is to rely on it. */
  notCarriedOut: PlanProblem[];
  /** Whether this request repeated one that had started it already. */
  repeated: boolean;
}

export interface StartOptions {
  request: StartRequest;
  startedBy: Actor;
  idempotencyKey?: string;
  /** Compressed time is for rehearsals: refused here. */
  production: boolean;
}

export class TimeScaleInProduction extends DomainError {
  readonly code = 'time-scale-in-production';
  readonly status = 400;
  constructor() {
    super(
      "This is production: leave 'timeScale' out. Compressed time is for rehearsals, since it would move real patients in minutes.",
    );
  }
}

export class MigrationExists extends DomainError {
  readonly code = 'migration-exists';
  readonly status = 409;
  constructor() {
    super(
      "A migration of this id was started already. See it with 'handoff status', or start this one under another 'id'.",
    );
  }
}

/**
 * Writes the plan and the migration down in one transaction, then starts the workflow. The row reserves the id: where Temporal
 * cannot be asked, the same request sent again by the same person starts what the first could not.
 * @throws BadPlan, PlansBusy, PlanTooCostly, TimeScaleInProduction, MigrationExists, TemporalUnreachable
 */
export async function startMigration(
  db: Database,
  temporal: TemporalLink,
  planThread: PlanThread,
  options: StartOptions,
): Promise<StartedMigration> {
  const { request, startedBy } = options;
  if (options.production && request.timeScale > 1) throw new TimeScaleInProduction();
  // R2: once started, the stored plan is never judged again.
  const { plan, hash, notCarriedOut } = await planThread.load(request.plan);
  const migration = request.id ?? plan.migration;
  const keyHash =
    options.idempotencyKey === undefined
      ? undefined
      : createHash('sha256').update(options.idempotencyKey).digest('hex');

  if ((await getMigration(db, migration)) === undefined && !(await temporal.isReachable())) {
    throw new TemporalUnreachable('Nothing was written either. Start the migration when it is back.');
  }
  const createdHere = await db.transaction(async (connection) => {
    await savePlan(connection, { hash, plan, source: request.plan });
    const { timeScale } = request;
    const salt = randomBytes(16).toString('hex');
    const created = await createMigration(connection, {
      id: migration,
      planHash: hash,
      salt,
      timeScale,
      startedBy: startedBy.id,
    });
    if (!created) return false;
    await appendAudit(connection, {
      migration,
      actor: startedBy.id,
      verified: startedBy.verified,
      action: 'migration.started',
      planHash: hash,
      evidence: { timeScale, ...(keyHash === undefined ? {} : { idempotencyKeySha256: keyHash }) },
      onceKey: START_ONCE_KEY,
    });
    return true;
  });

  // Whoever holds the row now: this request, an earlier attempt of it, or another migration of that id.
  const row = await getMigration(db, migration);
  if (
    row?.state !== 'live' ||
    row.planHash !== hash ||
    row.timeScale !== request.timeScale ||
    row.startedBy !== startedBy.id
  ) {
    throw new MigrationExists();
  }
  // Another request may be between its row and its workflow. Only one that was left behind is anybody's to go on with.
  const sameRequest = createdHere || (await startKeyOf(db, migration)) === keyHash;
  if (!sameRequest && Date.now() - row.startedAt.getTime() < LEFT_BEHIND_AFTER) throw new MigrationExists();
  const startedNow = await startWorkflow(temporal, {
    migration,
    planHash: hash,
    timeScale: row.timeScale,
    engineVersion: ENGINE_VERSION,
    startedBy,
  });
  if (!startedNow && !(sameRequest && keyHash !== undefined)) throw new MigrationExists();
  return { migration, planHash: hash, phases: phasesOf(migration, plan), notCarriedOut, repeated: !startedNow };
}

/** False where a workflow of that id runs or ran. @throws TemporalUnreachable */
async function startWorkflow(temporal: TemporalLink, input: MigrationInput): Promise<boolean> {
  try {
    await temporal.within(STARTED_WITHIN, () =>
      temporal.client.workflow.start('migration', {
        workflowId: migrationWorkflowId(input.migration),
        taskQueue: temporal.taskQueue,
        args: [input],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    if (!isSilence(error)) throw error;
    throw new TemporalUnreachable(
      'The migration is written down under its id: send the same request again when Temporal is back, and it starts.',
    );
  }
}

function phasesOf(migration: string, plan: Plan): StartedMigration['phases'] {
  return plan.phases.map(({ id, kind, unit, cohorts }) => ({
    phase: id,
    kind,
    unit,
    workflowId: phaseWorkflowId(migration, id),
    flagKey: phaseWorkflowId(migration, id),
    cohorts: cohorts.map((cohort) => cohort.id),
  }));
}
