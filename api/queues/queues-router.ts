import { type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { planSchema } from '../../domain/plan/plan-schema';
import { EXCEPTION_STATES } from '../../domain/status/exception-page';
import type { Database } from '../../store/database';
import { listExceptions, readQueueBoard } from '../../store/exceptions';
import { getPlan } from '../../store/plans';
import { findMigration } from '../migrations/find-phase';
import { onlyMethods, readRequest } from '../problems';

const exceptionsQuery = z.strictObject({
  queue: planSchema.shape.queues.element.shape.id.optional(),
  state: z.enum(EXCEPTION_STATES, { error: "Ask for 'open' or 'resolved', or leave it out for both." }).optional(),
  after: z.string().max(40).optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'Give a whole number.')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 1_000, 'Give a limit from 1 to 1000.')
    .default(100),
});

export interface QueuesParts {
  db: Database;
  /** Lets in who may see cases. */
  admit: RequestHandler;
}

/** `GET …/exceptions`, an ExceptionPage, and `GET …/queues`, `{ queues: QueueTally[] }`, of a migration. */
export function queuesRouter({ db, admit }: QueuesParts): Router {
  const router = Router();
  router
    .route('/v1/migrations/:migration/exceptions')
    .get(admit, async (request, response) => {
      const { id } = await findMigration(db, request.params.migration);
      response.json(await listExceptions(db, { migration: id, ...readRequest(exceptionsQuery, request.query) }));
    })
    .all(onlyMethods('GET'));
  router
    .route('/v1/migrations/:migration/queues')
    .get(admit, async (request, response) => {
      const migration = await findMigration(db, request.params.migration);
      const plan = await getPlan(db, migration.planHash);
      if (plan === undefined) throw new Error('A migration names a plan that is not stored.');
      response.json({ queues: await readQueueBoard(db, migration, plan.queues) });
    })
    .all(onlyMethods('GET'));
  return router;
}
