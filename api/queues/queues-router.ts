import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { DomainError } from '../../domain/domain-error';
import type { PlanQueue } from '../../domain/plan/plan-schema';
import type { ExceptionEntry } from '../../domain/status/exception-page';
import type { Logger } from '../../platform/logger';
import type { Database } from '../../store/database';
import {
  assignException,
  reopenException,
  resolveException,
  type ExceptionRequest,
} from '../../store/exception-actions';
import { listExceptions, readException, UnknownException } from '../../store/exception-pages';
import type { MigrationRecord } from '../../store/migration-records';
import { getPlan } from '../../store/plans';
import { readQueueBoard } from '../../store/queue-board';
import { actorOf, allow, PEOPLE } from '../access';
import type { Actors } from '../actors';
import { findMigration } from '../migrations/find-phase';
import { idempotencyKey } from '../migrations/requests';
import { onlyMethods, readRequest } from '../problems';
import { takesBody } from '../takes-body';
import { assignBody, exceptionsQuery, reopenBody, resolveBody } from './requests';

const BODY_LIMIT = '16kb';

/** A case can be given only to somebody who may work on it. */
export class UnknownActor extends DomainError {
  readonly code = 'unknown-actor';
  readonly status = 404;
  constructor() {
    super(`No actor of this id has one of the roles ${PEOPLE.join(', ')}. Look into the actors file.`);
  }
}

export interface QueuesParts {
  db: Database;
  actors: Actors;
  logger: Logger;
}

/**
 * The board of a migration's queues, `{ queues: QueueTally[] }`; its cases, an ExceptionPage; one of them, an ExceptionHistory; and
 * what people do with it, each answered with the ExceptionEntry. Cases carry patients' keys: people only.
 */
export function queuesRouter(parts: QueuesParts): Router {
  const { db, actors } = parts;
  const people = allow(actors, PEOPLE);
  const router = Router();
  router
    .route('/v1/migrations/:migration/queues')
    .get(people, async (request, response) => {
      const { migration, queues } = await findQueues(db, request.params.migration);
      response.json({ queues: await readQueueBoard(db, migration, queues) });
    })
    .all(onlyMethods('GET'));
  router
    .route('/v1/migrations/:migration/exceptions')
    .get(people, async (request, response) => {
      const { migration, queues } = await findQueues(db, request.params.migration);
      const query = { migration: migration.id, ...readRequest(exceptionsQuery, request.query) };
      response.json(await listExceptions(db, query, queues));
    })
    .all(onlyMethods('GET'));
  router
    .route('/v1/migrations/:migration/exceptions/:exception')
    .get(people, async (request, response) => {
      const { migration, queues } = await findQueues(db, request.params.migration);
      const of = { migration: migration.id, exception: readNumber(request.params.exception) };
      response.json(await readException(db, of, queues));
    })
    .all(onlyMethods('GET'));
  const doing = [people, takesBody(['application/json']), express.json({ limit: BODY_LIMIT })];
  router
    .route('/v1/migrations/:migration/exceptions/:exception/assign')
    .post(...doing, action(parts, assign(parts)))
    .all(onlyMethods('POST'));
  router
    .route('/v1/migrations/:migration/exceptions/:exception/resolve')
    .post(...doing, action(parts, resolve(parts)))
    .all(onlyMethods('POST'));
  router
    .route('/v1/migrations/:migration/exceptions/:exception/reopen')
    .post(...doing, action(parts, reopen(parts)))
    .all(onlyMethods('POST'));
  return router;
}

type Params = { migration: string; exception: string };
/** Does it as the body says. */
type Act = (request: ExceptionRequest, body: unknown) => Promise<ExceptionEntry>;

function assign({ db, actors }: QueuesParts): Act {
  return async (request, body) => {
    const { to } = readRequest(assignBody, body);
    const actor = await actors.byId(to);
    if (actor?.roles.some((role) => (PEOPLE as readonly string[]).includes(role)) !== true) throw new UnknownActor();
    return assignException(db, request, to);
  };
}

function resolve({ db }: QueuesParts): Act {
  return (request, body) => resolveException(db, request, readRequest(resolveBody, body).evidence);
}

function reopen({ db }: QueuesParts): Act {
  return (request, body) => reopenException(db, request, readRequest(reopenBody, body).reason);
}

function action({ db, logger }: QueuesParts, act: Act): RequestHandler<Params> {
  return async (request: Request<Params>, response: Response) => {
    const key = readRequest(idempotencyKey, request.headers['idempotency-key']);
    const exception = readNumber(request.params.exception);
    const { migration, queues } = await findQueues(db, request.params.migration);
    const actor = actorOf(response).id;
    const body: unknown = request.body ?? {};
    const entry = await act({ migration, queues, exception, actor, idempotencyKey: key }, body);
    logger.info({ migration: migration.id, exception, queue: entry.queue, state: entry.state, actor }, 'exception');
    response.json(entry);
  };
}

/** @throws UnknownMigration */
async function findQueues(
  db: Database,
  id: string,
): Promise<{ migration: MigrationRecord; queues: readonly PlanQueue[] }> {
  const migration = await findMigration(db, id);
  const plan = await getPlan(db, migration.planHash);
  if (plan === undefined) throw new Error('A migration names a plan that is not stored.');
  return { migration, queues: plan.queues };
}

/** The number of a case. @throws UnknownException for what can be none */
function readNumber(text: string): string {
  if (!/^[1-9]\d{0,17}$/.test(text)) throw new UnknownException();
  return text;
}
