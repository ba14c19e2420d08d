import { type RequestHandler, Router } from 'express';
import { judgeFromFacts, phasesStand } from '../../activities/migration/plan-change-activities';
import { PlanReader } from '../../activities/plan-reader';
import { DomainError } from '../../domain/domain-error';
import { checkPlanCommand, PROPOSERS, REJECTERS } from '../../domain/migration/check-plan-command';
import { newMigrationRun } from '../../domain/migration/migration-run';
import type { Actor } from '../../domain/phase/actor';
import type { PlanCommandName } from '../../domain/phase/commands';
import type { Refused } from '../../domain/plan/versions/what-is-fixed';
import type { PlanPreview, PlanVersionList } from '../../domain/status/plan-versions';
import { appendAudit } from '../../store/audit';
import type { Queryable } from '../../store/database';
import type { MigrationRecord } from '../../store/migration-records';
import { readPlanVersions } from '../../store/plan-versions';
import { savePlan } from '../../store/plans';
import { actorOf, allow, READERS } from '../access';
import { onlyMethods, readRequest } from '../problems';
import type { PlanThread } from '../plans/plan-thread';
import { json } from '../takes-body';
import { findMigration } from './find-phase';
import type { MigrationsParts } from './migrations-parts';
import { COMMAND_LIMIT, decidePlanBody, idempotencyKey, previewPlanBody, proposePlanBody } from './requests';
import { CommandRefused, sendCommand } from './send-command';

const PLAN_LIMIT = '1mb';

/** The version cannot be taken while the migration is under way (R36). */
export class PlanChangeRefused extends DomainError {
  readonly code = 'plan-change-refused';
  readonly status = 409;
  constructor(readonly problems: readonly Refused[]) {
    super(
      'This version cannot be taken while the migration is under way. Leave what is listed as it is, then propose it anew.',
    );
  }
}

/** The versions of a migration's plan: which there were, what another would change, and who decides on it. */
export function planRouter(parts: MigrationsParts): Router {
  const router = Router();
  router
    .route('/v1/migrations/:migration/plan')
    .get(allow(parts.actors, READERS), versions(parts))
    .post(allow(parts.actors, PROPOSERS), ...json(PLAN_LIMIT), propose(parts))
    .all(onlyMethods('GET', 'POST'));
  router
    .route('/v1/migrations/:migration/plan/preview')
    .post(allow(parts.actors, READERS), ...json(PLAN_LIMIT), preview(parts))
    .all(onlyMethods('POST'));
  for (const [path, name] of [
    ['approve', 'approvePlan'],
    ['reject', 'rejectPlan'],
  ] as const) {
    router
      .route(`/v1/migrations/:migration/plan/${path}`)
      .post(allow(parts.actors, REJECTERS), ...json(COMMAND_LIMIT), decide(parts, name))
      .all(onlyMethods('POST'));
  }
  return router;
}

/** A PlanVersionList. */
function versions({ db }: MigrationsParts): RequestHandler<{ migration: string }> {
  return async (request, response) => {
    const migration = await findMigration(db, request.params.migration);
    const listed = await readPlanVersions(db, migration.id);
    const proposal = migration.state === 'live' ? migration.progress?.proposal : undefined;
    const list: PlanVersionList = {
      planHash: migration.planHash,
      versions: listed.map(({ adoptedAt, ...version }) => ({ ...version, adoptedAt: adoptedAt.toISOString() })),
      proposal:
        proposal === undefined ? null : { ...proposal, preview: await judged(db, migration, proposal.planHash) },
    };
    response.json(list);
  };
}

/** A PlanPreview. Changes nothing. */
function preview({ db, planThread }: MigrationsParts): RequestHandler<{ migration: string }> {
  return async (request, response) => {
    const { plan: text } = readRequest(previewPlanBody, request.body ?? {});
    const migration = await findMigration(db, request.params.migration);
    const { plan, hash } = await planThread.load(text);
    response.json(await judged(db, migration, hash, new PlanReader(db).knowing(hash, plan)));
  };
}

/** 200 PlanPreview with `outcome` once it waits for a decision; 202 where a worker is still at it. @throws PlanChangeRefused */
function propose({ db, temporal, planThread, logger }: MigrationsParts): RequestHandler<{ migration: string }> {
  return async (request, response) => {
    const { plan: text, base, reason } = readRequest(proposePlanBody, request.body ?? {});
    const key = readRequest(idempotencyKey, request.headers['idempotency-key']);
    const migration = await findMigration(db, request.params.migration);
    const actor = actorOf(response);
    const to = await stored(db, planThread, text);
    const command = { actor, planHash: to, base, ...(reason !== undefined && { reason }) };
    const refusal = checkPlanCommand(newMigrationRun(''), 'proposePlan', command, migration);
    if (refusal !== undefined) throw new CommandRefused(refusal.code, refusal.message);
    const found = await judged(db, migration, to);
    if (found.refused.length > 0) {
      await auditRefusal(db, migration, { to, actor, refused: found.refused });
      throw new PlanChangeRefused(found.refused);
    }
    const { kind: outcome } = await sendCommand(temporal, {
      ...{ migration: migration.id, name: 'proposePlan', command },
      ...(key !== undefined && { idempotencyKey: key }),
    });
    logger.info({ migration: migration.id, command: 'proposePlan', actor: actor.id, planHash: to, outcome }, 'command');
    response.status(outcome === 'done' ? 200 : 202).json({ outcome, ...found });
  };
}

/** 200 `{ outcome, planHash }` once carried out; 202 where a worker is still at it. */
function decide(
  { db, temporal, logger }: MigrationsParts,
  name: PlanCommandName,
): RequestHandler<{ migration: string }> {
  return async (request, response) => {
    const { planHash, reason } = readRequest(decidePlanBody, request.body ?? {});
    const key = readRequest(idempotencyKey, request.headers['idempotency-key']);
    const { id: migration } = await findMigration(db, request.params.migration);
    const actor = actorOf(response);
    const { kind: outcome } = await sendCommand(temporal, {
      ...{ migration, name, command: { actor, planHash, ...(reason !== undefined && { reason }) } },
      ...(key !== undefined && { idempotencyKey: key }),
    });
    logger.info({ migration, command: name, actor: actor.id, planHash, outcome }, 'command');
    response.status(outcome === 'done' ? 200 : 202).json({ outcome, planHash });
  };
}

/** Keeps a good plan, so that whoever is to decide on its hash can read it. @throws BadPlan, PlansBusy, PlanTooCostly */
async function stored(db: Queryable, planThread: PlanThread, text: string): Promise<string> {
  const { plan, hash } = await planThread.load(text);
  await savePlan(db, { hash, plan, source: text });
  return hash;
}

async function judged(
  db: Queryable,
  { id: migration, planHash: from }: MigrationRecord,
  to: string,
  plans = new PlanReader(db),
): Promise<PlanPreview> {
  const stand = await phasesStand(db, migration);
  return { from, to, ...(await judgeFromFacts(db, plans, { migration, from, to }, stand)) };
}

async function auditRefusal(
  db: Queryable,
  { id: migration, planHash }: MigrationRecord,
  { to, actor, refused }: { to: string; actor: Actor; refused: readonly Refused[] },
): Promise<void> {
  await appendAudit(db, {
    ...{ migration, planHash, actor: actor.id, verified: actor.verified, action: 'plan.refused' },
    reason: 'The plan cannot change like this while it is under way.',
    evidence: { from: planHash, to, because: refused.map(({ path, message }) => `${path}: ${message}`) },
  });
}
