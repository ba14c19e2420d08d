import { Router } from 'express';
import { z } from 'zod';
import type { Database } from '../../store/database';
import { listWrongSideEvents } from '../../store/wrong-side-events';
import { allow, PEOPLE } from '../access';
import type { Actors } from '../actors';
import { findMigration } from '../migrations/find-phase';
import { onlyMethods, readRequest } from '../problems';

const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'Give a whole number.')
  .transform(Number);

const wrongSideQuery = z.strictObject({
  phase: z.string().min(1).max(63).optional(),
  after: wholeNumber.optional(),
  limit: wholeNumber.refine((limit) => limit >= 1 && limit <= 1_000, 'Give a limit from 1 to 1000.').default(100),
});

/** Events from the side that their unit was not on, a WrongSidePage. They carry patients' keys: people only. */
export function wrongSideRouter({ db, actors }: { db: Database; actors: Actors }): Router {
  const router = Router();
  router
    .route('/v1/migrations/:migration/wrong-side-events')
    .get(allow(actors, PEOPLE), async (request, response) => {
      const { id } = await findMigration(db, request.params.migration);
      const { phase, after, limit } = readRequest(wrongSideQuery, request.query);
      const page = { ...(phase !== undefined && { phase }), ...(after !== undefined && { after }) };
      response.json(await listWrongSideEvents(db, { migration: id, limit, ...page }));
    })
    .all(onlyMethods('GET'));
  return router;
}
