import { type RequestHandler, Router } from 'express';
import { previewMigrationRollback } from '../../activities/rollback/preview-migration-rollback';
import { MIGRATION_COMMANDS, type MigrationCommandName } from '../../domain/migration/check-migration-command';
import { ROLES_FOR } from '../../domain/phase/check-command';
import type { Milliseconds } from '../../domain/time/duration';
import { describeFailure } from '../../platform/describe-failure';
import type { Queryable } from '../../store/database';
import { holdMigration } from '../../store/migration-holds';
import { getPlan } from '../../store/plans';
import { actorOf, allow, READERS } from '../access';
import { onlyMethods, readRequest } from '../problems';
import { json } from '../takes-body';
import { answerCommand } from './answer-command';
import { findMigration } from './find-phase';
import type { MigrationsParts } from './migrations-parts';
import { COMMAND_LIMIT, idempotencyKey, MIGRATION_COMMAND_BODIES, migrationPreviewQuery } from './requests';
import { sendCommand, updateIdOf, type SentCommand } from './send-command';

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
    const given: SentCommand = {
      ...{ migration, name, command: { ...body, actor } },
      ...(key !== undefined && { idempotencyKey: key }),
    };
    const hold = name === 'resume' ? undefined : await holdFirst({ db, logger }, given);
    const outcome = await sendCommand(temporal, {
      ...given,
      command: { ...given.command, ...(hold !== undefined && { hold }) },
    });
    logger.info({ migration, command: name, actor: actor.id, outcome: outcome.kind }, 'command');
    answerCommand(response, outcome, await longestLease(db, planHash));
  };
}

/** In Postgres before anybody else hears of it. Where that fails, the command goes out all the same: it holds the migration too. */
async function holdFirst(
  { db, logger }: Pick<MigrationsParts, 'db' | 'logger'>,
  given: SentCommand,
): Promise<number | undefined> {
  const { migration, command, idempotencyKey: key } = given;
  const { actor, reason } = command;
  const onceKey = key === undefined ? undefined : updateIdOf(given);
  try {
    return await holdMigration(db, {
      ...{ migration, actor },
      ...(reason !== undefined && { reason }),
      ...(onceKey !== undefined && { onceKey }),
    });
  } catch (error) {
    logger.error({ migration, failure: describeFailure(error) }, 'not held in advance');
    return undefined;
  }
}

async function longestLease(db: Queryable, planHash: string): Promise<Milliseconds> {
  const plan = await getPlan(db, planHash);
  return Math.max(0, ...(plan?.phases ?? []).map(({ lease }) => lease));
}
