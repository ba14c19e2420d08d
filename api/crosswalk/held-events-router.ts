import { Router } from 'express';
import { NoVendorId, UnknownVendorId } from '../../domain/crosswalk/crosswalk-failures';
import { isVendorId } from '../../domain/crosswalk/vendor-id-grammar';
import { KeyOutsideGrammar } from '../../domain/sides/key-grammar';
import { fileHeldEvents, type HeldEventsToFile } from '../../store/file-held-events';
import { findVendorId } from '../../store/find-vendor-id';
import { listHeld } from '../../store/held-events';
import type { MigrationPlan } from '../../store/migration-plans';
import { actorOf, allow, PEOPLE } from '../access';
import { onlyMethods, readRequest } from '../problems';
import { json } from '../takes-body';
import { planOf, type CrosswalkParts } from './crosswalk-parts';
import { kindOf } from './find-in-crosswalk';
import { fileBody, heldQuery, type FileBody } from './requests';

const BODY_LIMIT = '16kb';

/** Events of vendors that are held: a HeldPage; and filing them under an episode, a FiledAnswer. They carry patients' keys: people only. */
export function heldEventsRouter(parts: CrosswalkParts): Router {
  const { db, actors, logger } = parts;
  const people = allow(actors, PEOPLE);
  const router = Router();
  router
    .route('/v1/migrations/:migration/crosswalk/held')
    .get(people, async (request, response) => {
      const query = readRequest(heldQuery, request.query);
      const { id: migration } = await planOf(parts, request.params.migration);
      response.json(await listHeld(db, { migration, ...query }));
    })
    .all(onlyMethods('GET'));
  router
    .route('/v1/migrations/:migration/crosswalk/file')
    .post(people, ...json(BODY_LIMIT), async (request, response) => {
      const body = readRequest(fileBody, request.body ?? {});
      const { unit } = body;
      const migration = await planOf(parts, request.params.migration);
      if (kindOf(migration.plan, unit, "'unit'") !== 'episode')
        throw new KeyOutsideGrammar("'unit'", migration.plan.keys.episode);
      const actor = actorOf(response);
      const answer = await fileHeldEvents(db, migration, actor, { unit, which: await whichOf(parts, migration, body) });
      // I15: how many, and nothing of an id or a key.
      const { filed, alreadyFiled, left } = answer;
      logger.info({ migration: migration.id, actor: actor.id, filed, alreadyFiled, left }, 'held events were filed');
      response.json(answer);
    })
    .all(onlyMethods('POST'));
  return router;
}

/** @throws NoVendorId, UnknownVendorId, CrosswalkKeyMissing */
async function whichOf(
  { db, secrets }: CrosswalkParts,
  migration: MigrationPlan,
  body: FileBody,
): Promise<HeldEventsToFile> {
  if ('event' in body) return { event: String(body.event) };
  const { vendor, id, kind } = body;
  const isOfPlan = migration.plan.systems.some((system) => system.id === vendor);
  if (!isOfPlan || !isVendorId({ vendor, kind: kind ?? 'any', id })) throw new NoVendorId('What is to be filed');
  const sought = { migration: migration.id, vendor, id, ...(kind !== undefined && { kind }) };
  const found = await findVendorId(db, secrets, sought);
  if (found.length === 0) throw new UnknownVendorId();
  return { vendorIds: found.map(({ number }) => number) };
}
