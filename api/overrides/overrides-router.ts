import { createHash } from 'node:crypto';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { SIDES } from '../../domain/sides/side';
import { refuseRealUnit } from '../../domain/sides/test-unit';
import type { Logger } from '../../platform/logger';
import { awaitTakenOver } from '../../store/api-processes';
import type { Database } from '../../store/database';
import { getPlan } from '../../store/plans';
import { type OverrideRequest, readOverrides, removeOverride, setOverride } from '../../store/side-overrides';
import { actorOf, allow, PEOPLE } from '../access';
import type { Actors } from '../actors';
import { findMigration, findPhase } from '../migrations/find-phase';
import { COMMAND_LIMIT, idempotencyKey, reason } from '../migrations/requests';
import { onlyMethods, readRequest } from '../problems';
import { json } from '../takes-body';

const removeBody = z.strictObject({
  phase: z.string({ error: 'Name the phase.' }).min(1).max(63),
  unit: z.string({ error: 'Give the key of a test unit that the plan names.' }).min(1).max(100),
  reason: z.string({ error: 'Say why, for the audit log.' }).pipe(reason),
});

const setBody = removeBody.extend({ side: z.enum(SIDES, { error: "Choose 'legacy' or 'target'." }) });

interface OverridesParts {
  db: Database;
  actors: Actors;
  logger: Logger;
}

type Params = { migration: string };

/** The test units that were given a side by name, `{ overrides: SideOverride[] }`; giving one, a SideOverride; taking it back, a RemovedOverride. */
export function overridesRouter(parts: OverridesParts): Router {
  const { db, actors } = parts;
  const doing = [allow(actors, ['engineer', 'release-manager']), ...json(COMMAND_LIMIT)];
  const router = Router();
  router
    .route('/v1/migrations/:migration/overrides')
    .get(allow(actors, PEOPLE), async (request, response) => {
      const { id } = await findMigration(db, request.params.migration);
      response.json({ overrides: await readOverrides(db, id) });
    })
    .post(...doing, set(parts))
    .all(onlyMethods('GET', 'POST'));
  router
    .route('/v1/migrations/:migration/overrides/remove')
    .post(...doing, remove(parts))
    .all(onlyMethods('POST'));
  return router;
}

function set({ db, logger }: OverridesParts): RequestHandler<Params> {
  return async (request, response) => {
    const { side, ...body } = readRequest(setBody, request.body ?? {});
    const of = await readOverrideRequest(db, request, response, body);
    const override = await setOverride(db, { ...of, side });
    await awaitTakenOver(db);
    tell(logger, of, 'a test unit was given a side');
    response.json(override);
  };
}

function remove({ db, logger }: OverridesParts): RequestHandler<Params> {
  return async (request, response) => {
    const of = await readOverrideRequest(db, request, response, readRequest(removeBody, request.body ?? {}));
    const removed = await removeOverride(db, of);
    await awaitTakenOver(db);
    tell(logger, of, 'an override was removed');
    response.json(removed);
  };
}

/** @throws UnknownMigration, UnknownPhase, KeyOutsideGrammar, NotATestUnit */
async function readOverrideRequest(
  db: Database,
  request: Request<Params>,
  response: Response,
  { phase: named, unit, reason: why }: z.output<typeof removeBody>,
): Promise<OverrideRequest> {
  const key = readRequest(idempotencyKey, request.headers['idempotency-key']);
  const { migration, phase } = await findPhase(db, { migration: request.params.migration, phase: named });
  const plan = await getPlan(db, migration.planHash);
  if (plan === undefined) throw new Error('A migration names a plan that is not stored.');
  refuseRealUnit(plan, phase, unit);
  const actor = actorOf(response);
  return {
    ...{ migration: migration.id, planHash: migration.planHash, phase: phase.id, unit, actor, reason: why },
    ...(key !== undefined && { onceKey: `override/${hash(`${actor.id} ${request.path} ${key}`)}` }),
  };
}

/** I15: no key of a unit, not even of a made-up one. */
function tell(logger: Logger, { migration, phase, actor }: OverrideRequest, message: string): void {
  logger.info({ migration, phase, actor: actor.id }, message);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
