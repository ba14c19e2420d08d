import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { DomainError } from '../../domain/domain-error';
import type { Role } from '../../domain/plan/journey';
import type { Plan, PlanQueue } from '../../domain/plan/plan-schema';
import { owedCommand } from '../../domain/queues/owed-command';
import type { RedriveReason } from '../../domain/queues/redrive';
import type { ExceptionEntry } from '../../domain/status/exception-page';
import type { Logger } from '../../platform/logger';
import { readCaseBoard } from '../../store/case-board';
import type { Database } from '../../store/database';
import { approveAcceptance, askAcceptance, refuseAcceptance } from '../../store/exception-acceptance';
import type { ExceptionRequest } from '../../store/exception-act';
import { assignException, noteStep, reopenException, resolveException } from '../../store/exception-actions';
import { doToMany } from '../../store/exception-bulk';
import { mergeException } from '../../store/exception-merge';
import { redriveException } from '../../store/exception-redrive';
import { snoozeException, wakeException } from '../../store/exception-snooze';
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
import {
  acceptBody,
  assignBody,
  boardQuery,
  bulkBody,
  exceptionsQuery,
  mergeBody,
  redriveBody,
  reopenBody,
  resolveBody,
  snoozeBody,
  stepBody,
  wakeBody,
} from './requests';

const BODY_LIMIT = '16kb';

/** Who may agree that a case is left as it is: people who answer for patients, for those who work on cases, or for the whole. */
const LEADS = ['clinical-lead', 'support-lead', 'release-manager'] as const satisfies readonly Role[];

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
 * The board of a migration's queues, `{ queues: QueueTally[] }`, or all of it, a CaseBoard; its cases, an ExceptionPage; one of them, an ExceptionHistory; and
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
    .route('/v1/migrations/:migration/board')
    .get(people, async (request, response) => {
      const { migration, plan } = await findQueues(db, request.params.migration);
      response.json(await readCaseBoard(db, migration, plan, readRequest(boardQuery, request.query).days));
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
  const leads = allow(actors, LEADS);
  const body = [takesBody(['application/json']), express.json({ limit: BODY_LIMIT })];
  for (const [name, { act, by }] of Object.entries(actions(parts))) {
    router
      .route(`/v1/migrations/:migration/exceptions/:exception/${name}`)
      .post(by === LEADS ? leads : people, ...body, action(parts, act))
      .all(onlyMethods('POST'));
  }
  router
    .route('/v1/migrations/:migration/exceptions-bulk')
    .post(people, ...body, bulk(parts))
    .all(onlyMethods('POST'));
  return router;
}

type Params = { migration: string; exception: string };
/** Does it as the body says. */
type Act = (request: ExceptionRequest, body: unknown, plan: Plan) => Promise<ExceptionEntry>;

/** What people do with one case, by the last part of its path. */
function actions(parts: QueuesParts): Record<string, { act: Act; by: typeof PEOPLE | typeof LEADS }> {
  const { db } = parts;
  return {
    assign: { by: PEOPLE, act: assign(parts) },
    steps: { by: PEOPLE, act: (request, body) => noteStep(db, request, readRequest(stepBody, body)) },
    resolve: {
      by: PEOPLE,
      act: (request, body) => {
        const { evidence, ...seen } = readRequest(resolveBody, body);
        return resolveException(db, request, evidence, seen);
      },
    },
    reopen: { by: PEOPLE, act: (request, body) => reopenException(db, request, readRequest(reopenBody, body).reason) },
    snooze: { by: PEOPLE, act: (request, body) => snoozeException(db, request, readRequest(snoozeBody, body)) },
    wake: {
      by: PEOPLE,
      act: (request, body) => {
        readRequest(wakeBody, body);
        return wakeException(db, request);
      },
    },
    accept: { by: PEOPLE, act: (request, body) => askAcceptance(db, request, readRequest(acceptBody, body).reason) },
    'approve-acceptance': {
      by: LEADS,
      act: (request, body) => approveAcceptance(db, request, readRequest(acceptBody, body).reason),
    },
    'refuse-acceptance': {
      by: PEOPLE,
      act: (request, body) => refuseAcceptance(db, request, readRequest(acceptBody, body).reason),
    },
    redrive: {
      by: PEOPLE,
      act: (request, body, plan) => redrive(db, request, readRequest(redriveBody, body).reason, plan),
    },
    merge: { by: PEOPLE, act: (request, body) => mergeException(db, request, readRequest(mergeBody, body).into) },
  };
}

function redrive(db: Database, request: ExceptionRequest, reason: RedriveReason, plan: Plan): Promise<ExceptionEntry> {
  return redriveException(db, request, reason, (handoff, side) => owedCommand(plan, handoff, side));
}

function assign({ db, actors }: QueuesParts): Act {
  return async (request, body) => {
    const { to } = readRequest(assignBody, body);
    await mustWorkOnCases(actors, to);
    return assignException(db, request, to);
  };
}

/** @throws UnknownActor */
async function mustWorkOnCases(actors: Actors, to: string): Promise<void> {
  const actor = await actors.byId(to);
  if (actor?.roles.some((role) => (PEOPLE as readonly string[]).includes(role)) !== true) throw new UnknownActor();
}

function bulk({ db, actors, logger }: QueuesParts): RequestHandler<{ migration: string }> {
  return async (request: Request<{ migration: string }>, response: Response) => {
    const idempotency = readRequest(idempotencyKey, request.headers['idempotency-key']);
    const { migration, plan, queues } = await findQueues(db, request.params.migration);
    const actor = actorOf(response).id;
    const { exceptions, filter, ...asked } = readRequest(bulkBody, request.body ?? {});
    if (asked.action === 'assign') await mustWorkOnCases(actors, asked.to);
    const which = filter === undefined ? { exceptions: exceptions ?? [] } : { filter };
    const answer = await doToMany(
      db,
      { migration, queues, actor, idempotencyKey: idempotency, which, asked },
      (one): Promise<ExceptionEntry> => {
        switch (asked.action) {
          case 'assign':
            return assignException(db, one, asked.to);
          case 'snooze':
            return snoozeException(db, one, asked);
          case 'resolve':
            return resolveException(db, one, asked.evidence);
          case 'redrive':
            return redrive(db, one, asked.reason, plan);
        }
      },
    );
    const { done, refused } = answer;
    logger.info({ migration: migration.id, action: asked.action, done, refused, actor }, 'exceptions');
    response.json(answer);
  };
}

function action({ db, logger }: QueuesParts, act: Act): RequestHandler<Params> {
  return async (request: Request<Params>, response: Response) => {
    const key = readRequest(idempotencyKey, request.headers['idempotency-key']);
    const exception = readNumber(request.params.exception);
    const { migration, plan, queues } = await findQueues(db, request.params.migration);
    const actor = actorOf(response).id;
    const body: unknown = request.body ?? {};
    const entry = await act({ migration, queues, exception, actor, idempotencyKey: key }, body, plan);
    logger.info({ migration: migration.id, exception, queue: entry.queue, state: entry.state, actor }, 'exception');
    response.json(entry);
  };
}

/** @throws UnknownMigration */
async function findQueues(
  db: Database,
  id: string,
): Promise<{ migration: MigrationRecord; plan: Plan; queues: readonly PlanQueue[] }> {
  const migration = await findMigration(db, id);
  const plan = await getPlan(db, migration.planHash);
  if (plan === undefined) throw new Error('A migration names a plan that is not stored.');
  return { migration, plan, queues: plan.queues };
}

/** The number of a case. @throws UnknownException for what can be none */
function readNumber(text: string): string {
  if (!/^[1-9]\d{0,17}$/.test(text)) throw new UnknownException();
  return text;
}
