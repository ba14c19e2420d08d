import express, { type RequestHandler, Router } from 'express';
import { previewRollback } from '../../activities/rollback/preview-rollback';
import { reportRollback } from '../../activities/rollback/report-rollback';
import { findWhoMoves } from '../../activities/traffic/find-who-moves';
import { ROLES_FOR } from '../../domain/phase/check-command';
import { COMMANDS, type CommandName } from '../../domain/phase/commands';
import { readAudit } from '../../store/audit-log';
import { readMigrationStatus, readMigrationSummaries } from '../../store/migration-status/read-migration-status';
import { readRoutes } from '../../store/outward-routes';
import { actorOf, allow, READERS } from '../access';
import { onlyMethods, readRequest } from '../problems';
import { json, takesBody } from '../takes-body';
import { answerCommand } from './answer-command';
import { findMigration, findPhase, UnknownMigration } from './find-phase';
import {
  auditQuery,
  COMMAND_BODIES,
  COMMAND_LIMIT,
  idempotencyKey,
  previewQuery,
  reportQuery,
  startBody,
  whoMovesQuery,
} from './requests';
import { sendCommand } from './send-command';
import type { MigrationsParts } from './migrations-parts';
import { planRouter } from './plan-router';
import { startMigration } from './start-migration';
import { wholeMigrationRouter } from './whole-migration-router';

const YAML = ['application/yaml', 'text/yaml', 'application/x-yaml', 'text/x-yaml', 'text/plain'];
const PLAN_LIMIT = '1mb';

/** Plans, migrations, their phases' commands and their audit log. Facts are read from Postgres alone. */
export function migrationsRouter(parts: MigrationsParts): Router {
  const router = Router();
  router
    .route('/v1/plans/lint')
    .post(
      allow(parts.actors, READERS),
      takesBody(YAML),
      express.text({ type: YAML, limit: PLAN_LIMIT }),
      lintPlan(parts),
    )
    .all(onlyMethods('POST'));
  router
    .route('/v1/migrations')
    .get(allow(parts.actors, READERS), async (_request, response) => {
      response.json({ migrations: await readMigrationSummaries(parts.db) });
    })
    .post(allow(parts.actors, ['release-manager']), ...json(PLAN_LIMIT), start(parts))
    .all(onlyMethods('GET', 'POST'));
  router
    .route('/v1/migrations/:migration')
    .get(allow(parts.actors, READERS), readStatus(parts))
    .all(onlyMethods('GET'));
  router
    .route('/v1/migrations/:migration/audit')
    .get(allow(parts.actors, READERS), readAuditPage(parts))
    .all(onlyMethods('GET'));
  router
    .route('/v1/migrations/:migration/routes')
    .get(allow(parts.actors, READERS), readRouteList(parts))
    .all(onlyMethods('GET'));
  router
    .route('/v1/migrations/:migration/phases/:phase/rollback-preview')
    .get(allow(parts.actors, READERS), preview(parts))
    .all(onlyMethods('GET'));
  router
    .route('/v1/migrations/:migration/phases/:phase/rollback-report')
    .get(allow(parts.actors, READERS), report(parts))
    .all(onlyMethods('GET'));
  router
    .route('/v1/migrations/:migration/phases/:phase/who-moves')
    .get(allow(parts.actors, READERS), whoMoves(parts))
    .all(onlyMethods('GET'));
  for (const name of COMMANDS) {
    // Approving, rejecting and going on are for whoever the plan names: the phase itself checks that.
    router
      .route(`/v1/migrations/:migration/phases/:phase/${name}`)
      .post(allow(parts.actors, ROLES_FOR[name] ?? READERS), ...json(COMMAND_LIMIT), command(parts, name))
      .all(onlyMethods('POST'));
  }
  router.use(wholeMigrationRouter(parts));
  router.use(planRouter(parts));
  return router;
}

/** `{ hash, warnings, waived, filled, notCarriedOut }` of a plan. @throws BadPlan with every problem, by line and column */
function lintPlan({ planThread }: MigrationsParts): RequestHandler {
  return async (request, response) => {
    const text = typeof request.body === 'string' ? request.body : '';
    const { hash, warnings, waived, filled, notCarriedOut } = await planThread.load(text);
    response.json({ hash, warnings, waived, filled, notCarriedOut });
  };
}

/** 201 `StartedMigration`; 200 where this very request (by its Idempotency-Key) had started it. */
function start({ db, temporal, planThread, logger, production }: MigrationsParts): RequestHandler {
  return async (request, response) => {
    const body = readRequest(startBody, request.body ?? {});
    const { repeated, ...started } = await startMigration(db, temporal, planThread, {
      request: body,
      startedBy: actorOf(response),
      idempotencyKey: readRequest(idempotencyKey, request.headers['idempotency-key']),
      production,
    });
    logger.info({ migration: started.migration, planHash: started.planHash, repeated }, 'migration started');
    response.status(repeated ? 200 : 201).json(started);
  };
}

function readStatus({ db }: MigrationsParts): RequestHandler<{ migration: string }> {
  return async (request, response) => {
    const { id } = await findMigration(db, request.params.migration);
    const status = await readMigrationStatus(db, id);
    if (status === undefined) throw new UnknownMigration();
    response.json(status);
  };
}

/** An AuditPage. */
function readAuditPage({ db }: MigrationsParts): RequestHandler<{ migration: string }> {
  return async (request, response) => {
    const { id } = await findMigration(db, request.params.migration);
    const { after, limit } = readRequest(auditQuery, request.query);
    response.json(await readAudit(db, { migration: id, after, limit }));
  };
}

/** A RouteList. */
function readRouteList({ db }: MigrationsParts): RequestHandler<{ migration: string }> {
  return async (request, response) => {
    const { id } = await findMigration(db, request.params.migration);
    response.json(await readRoutes(db, id));
  };
}

function preview({ db }: MigrationsParts): RequestHandler<{ migration: string; phase: string }> {
  return async (request, response) => {
    const { scope, cohort, bringBack } = readRequest(previewQuery, request.query);
    const { migration, phase } = await findPhase(db, { ...request.params, cohort });
    response.json(await previewRollback(db, { migration: migration.id, phase: phase.id, cohort, scope, bringBack }));
  };
}

/** A RollbackReport. */
function report({ db }: MigrationsParts): RequestHandler<{ migration: string; phase: string }> {
  return async (request, response) => {
    const { cohort } = readRequest(reportQuery, request.query);
    const { migration, phase } = await findPhase(db, { ...request.params, cohort });
    response.json(await reportRollback(db, { migration: migration.id, phase: phase.id, cohort }));
  };
}

/** WhoMoves, from Postgres alone. */
function whoMoves({ db }: MigrationsParts): RequestHandler<{ migration: string; phase: string }> {
  return async (request, response) => {
    const { to, cohort } = readRequest(whoMovesQuery, request.query);
    const { migration, phase } = await findPhase(db, { ...request.params, cohort });
    response.json(await findWhoMoves(db, migration, { phase: phase.id, cohort, to }));
  };
}

/** 200 CommandAnswer once carried out; 202 where it is left with Temporal or goes on. */
function command(
  { db, temporal, logger }: MigrationsParts,
  name: CommandName,
): RequestHandler<{ migration: string; phase: string }> {
  return async (request, response) => {
    const body = readRequest(COMMAND_BODIES[name], request.body ?? {});
    const key = readRequest(idempotencyKey, request.headers['idempotency-key']);
    const { migration, phase } = await findPhase(db, { ...request.params, cohort: body.cohort });
    const actor = actorOf(response);
    const outcome = await sendCommand(temporal, {
      migration: migration.id,
      phase: phase.id,
      name,
      command: { ...body, actor },
      idempotencyKey: key,
    });
    logger.info(
      { migration: migration.id, phase: phase.id, command: name, actor: actor.id, outcome: outcome.kind },
      'command',
    );
    answerCommand(response, outcome, phase.lease);
  };
}
