import { Router } from 'express';
import type { EventArchives } from '../../domain/status/event-archives';
import type { Database } from '../../store/database';
import { readArchives } from '../../store/read-archives';
import { allow, READERS } from '../access';
import type { Actors } from '../actors';
import { onlyMethods } from '../problems';

/** The months of events that were archived, EventArchives. */
export function archivesRouter({ db, actors }: { db: Database; actors: Actors }): Router {
  const router = Router();
  router
    .route('/v1/archives')
    .get(allow(actors, READERS), async (_request, response) => {
      const answer: EventArchives = { archives: await readArchives(db) };
      response.json(answer);
    })
    .all(onlyMethods('GET'));
  return router;
}
