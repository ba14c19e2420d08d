import { type RequestHandler, Router } from 'express';
import { previewMigrationRollback } from '../../activities/rollback/preview-migration-rollback';
import { MIGRATION_COMMANDS, type MigrationCommandName } from '../../domain/migration/check-migration-command';
import { ROLES_FOR } from '../../domain/phase/check-command';
import type { Milliseconds } from '../../domain/time/duration';
import type { Queryable } from '../../store/database';
import { getPlan } from '../../store/plans';
import { actorOf, allow, READERS } from '../access';
import { onlyMethods, readRequest } from '../problems';
import { json } from '../takes-body';
import { answerCommand } from './answer-command';
import { findMigration } from './find-phase';
import type { MigrationsParts } from './migrations-parts';
import { COMMAND_LIMIT, idempotencyKey, MIGRATION_COMMAND_BODIES, migrationPreviewQuery } from './requests';
import { sendCommand } from './send-command';

/** Commands to a migration as a whole, and what its rollback would do. */
export function wholeMigrationRouter(parts: MigrationsParts): Router {
  const router = Router();
  router
    .route('/v1/migrations/:migration/rollback-preview')
    .get(allow(parts.actors, READERS), preview(parts))
    .all(onlyMethods('GET'));
  for (const name of MIGRATION_COMMANDS) {
    // Going on is for whoever the plan names: the migration itself checks that.
    router
      .route(`/v1/migrations/:migration/${name}`)
      .post(allow(parts.actors, ROLES_FOR[name] ?? READERS), ...json(COMMAND_LIMIT), command(parts, name))
      .all(onlyMethods('POST'));
  }
  return router;
}

/** A MigrationRollbackPreview. */
function preview({ db }: MigrationsParts): RequestHandler<{ migration: string }> {
  return async (request, response) => {
    readRequest(migrationPreviewQuery, request.query);
    const { id } = await findMigration(db, request.params.migration);
    response.json(await previewMigrationRollback(db, id));
  };
}

/** 200 CommandAnswer once carried out; 202 where it is left with Temporal or goes on. */
function command(
  { db, temporal, logger }: MigrationsParts,
  name: MigrationCommandName,
): RequestHandler<{ migration: string }> {
  return async (request, response) => {
    const body = readRequest(MIGRATION_COMMAND_BODIES[name], request.body ?? {});
    const key = readRequest(idempotencyKey, request.headers['idempotency-key']);
    const { id: migration, planHash } = await findMigration(db, request.params.migration);
    const actor = actorOf(response);
    const sent = { migration, name, command: { ...body, actor } };
    const outcome = await sendCommand(temporal, { ...sent, ...(key !== undefined && { idempotencyKey: key }) });
    logger.info({ migration, command: name, actor: actor.id, outcome: outcome.kind }, 'command');
    answerCommand(response, outcome, await longestLease(db, planHash));
  };
}

async function longestLease(db: Queryable, planHash: string): Promise<Milliseconds> {
  const plan = await getPlan(db, planHash);
  return Math.max(0, ...(plan?.phases ?? []).map(({ lease }) => lease));
}
