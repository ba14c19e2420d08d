import { createHash } from 'node:crypto';
import { type RequestHandler, Router } from 'express';
import { z } from 'zod';
import type { DeclaredDead } from '../../domain/status/process-standing';
import type { Logger } from '../../platform/logger';
import type { Database } from '../../store/database';
import { declareProcessDead, readProcesses, UnknownProcess } from '../../store/process-standings';
import { actorOf, allow, READERS } from '../access';
import type { Actors } from '../actors';
import { COMMAND_LIMIT, idempotencyKey, reason } from '../migrations/requests';
import { onlyMethods, readRequest } from '../problems';
import { json } from '../takes-body';

const declareDeadBody = z.strictObject({
  reason: z.string({ error: 'Say why: that the process is gone for good, and how you know.' }).pipe(reason),
});

const MEANING =
  'Nobody waits for this process any more: new patients go to target again as the splits say. Sides that it answered while Postgres was out of reach are lost, ' +
  'unless it is started again with its journal: keep that folder. A process that is alive after all takes its right anew.';

/** The API processes that answer sides, a ProcessList; and declaring one dead, answered with DeclaredDead. */
export function processesRouter({ db, actors, logger }: { db: Database; actors: Actors; logger: Logger }): Router {
  const router = Router();
  router
    .route('/v1/processes')
    .get(allow(actors, READERS), async (_request, response) => {
      response.json(await readProcesses(db));
    })
    .all(onlyMethods('GET'));
  router
    .route('/v1/processes/:process/declare-dead')
    .post(allow(actors, ['engineer', 'release-manager']), ...json(COMMAND_LIMIT), declareDead({ db, logger }))
    .all(onlyMethods('POST'));
  return router;
}

function declareDead({ db, logger }: { db: Database; logger: Logger }): RequestHandler<{ process: string }> {
  return async (request, response) => {
    const { reason: why } = readRequest(declareDeadBody, request.body ?? {});
    const key = readRequest(idempotencyKey, request.headers['idempotency-key']);
    const { process } = request.params;
    // What no process can be called never reaches the database.
    if (!/^[\x21-\x7e]{1,200}$/.test(process)) throw new UnknownProcess();
    const actor = actorOf(response);
    const onceKey = key === undefined ? {} : { onceKey: `declareDead/${hash(`${actor.id} ${key}`)}` };
    const migrations = await declareProcessDead(db, { process, actor, reason: why, ...onceKey });
    logger.warn({ process, actor: actor.id }, 'an API process was declared dead');
    const answer: DeclaredDead = { process, migrations, detail: MEANING };
    response.json(answer);
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
