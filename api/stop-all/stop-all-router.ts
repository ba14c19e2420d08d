import { Router } from 'express';
import { ROLES_FOR } from '../../domain/phase/check-command';
import { actorOf, allow, READERS } from '../access';
import type { Actors } from '../actors';
import { COMMAND_LIMIT, stopAllBody } from '../migrations/requests';
import { onlyMethods, readRequest } from '../problems';
import { json } from '../takes-body';
import { stopAll, type StopAllParts } from './stop-all';

/** `POST /v1/stop-all`: 200 StopAllAnswer, also where not everything could be told; what could not is in it. */
export function stopAllRouter({ actors, ...parts }: StopAllParts & { actors: Actors }): Router {
  const router = Router();
  router
    .route('/v1/stop-all')
    .post(allow(actors, ROLES_FOR.pause ?? READERS), ...json(COMMAND_LIMIT), async (request, response) => {
      const { reason } = readRequest(stopAllBody, request.body ?? {});
      const actor = actorOf(response);
      const answer = await stopAll(parts, { actor, reason });
      parts.logger.warn(
        {
          actor: actor.id,
          lowered: answer.lowered.length,
          failed: answer.failed.length,
          live: answer.migrations.length,
        },
        'every migration was stopped',
      );
      response.json(answer);
    })
    .all(onlyMethods('POST'));
  return router;
}
