import { Router } from 'express';
import { NoVendorId } from '../../domain/crosswalk/crosswalk-failures';
import { isVendorId } from '../../domain/crosswalk/vendor-id-grammar';
import type { Role } from '../../domain/plan/journey';
import type { Milliseconds } from '../../domain/time/duration';
import type { RotationAnswer } from '../../domain/status/crosswalk-answers';
import type { PatientTimeline } from '../../domain/status/patient-timeline';
import { systemClock } from '../../platform/system-clock';
import { readKeys, retireKey, rotateKeys } from '../../store/crosswalk-keys';
import { readCrosswalk } from '../../store/crosswalk-status';
import { linkVendorIds, type VendorLinkRequest } from '../../store/link-vendor-ids';
import { readPatientKeys } from '../../store/patient-keys';
import { standingOfKeys } from '../../store/patient-standing';
import { readTimeline } from '../../store/patient-timeline';
import { rehashVendorIds } from '../../store/rehash-vendor-ids';
import { actorOf, allow, PEOPLE, READERS, STACKS } from '../access';
import { findMigration } from '../migrations/find-phase';
import { onlyMethods, readRequest } from '../problems';
import { json } from '../takes-body';
import { planOf, type CrosswalkParts } from './crosswalk-parts';
import { findInCrosswalk, kindOf, patientOf } from './find-in-crosswalk';
import { findBody, retireBody, rotateBody, timelineBody, vendorLinksBody } from './requests';

/** As many links as a request takes, with the longest ids that there are. */
const LINKS_LIMIT = '1mb';
const BODY_LIMIT = '16kb';
/** A request that hashes ids anew answers after this; the rest is for the next one. */
const REHASH_FOR: Milliseconds = 5_000;

const LINKERS = [...STACKS, 'engineer', 'release-manager', 'support-lead'] as const satisfies readonly Role[];

/**
 * Which vendor's id is whose: looked up, a FoundPatient; a patient's timeline, a PatientTimeline; linked, a VendorLinkAnswer; how it stands, a CrosswalkStatus; the keys that ids are hashed
 * under, a RotationAnswer. Ids come in bodies, never in paths: paths are logged on the way.
 */
export function crosswalkRouter(parts: CrosswalkParts): Router {
  const { db, actors, logger, secrets } = parts;
  const router = Router();
  router
    .route('/v1/migrations/:migration/crosswalk')
    .get(allow(actors, READERS), async (request, response) => {
      const { id } = await findMigration(db, request.params.migration);
      response.json(await readCrosswalk(db, id));
    })
    .all(onlyMethods('GET'));
  router
    .route('/v1/migrations/:migration/crosswalk/find')
    .post(allow(actors, PEOPLE), ...json(BODY_LIMIT), async (request, response) => {
      const sought = readRequest(findBody, request.body ?? {});
      const migration = await planOf(parts, request.params.migration);
      response.json(await findInCrosswalk(db, secrets, migration, sought));
    })
    .all(onlyMethods('POST'));
  router
    .route('/v1/migrations/:migration/patients/timeline')
    .post(allow(actors, PEOPLE), ...json(BODY_LIMIT), async (request, response) => {
      const { key, ...page } = readRequest(timelineBody, request.body ?? {});
      const migration = await planOf(parts, request.params.migration);
      const keys = await readPatientKeys(db, migration.id, await patientOf(db, migration, key));
      const standing = await standingOfKeys(db, secrets, migration, keys);
      const answer: PatientTimeline = { standing, ...(await readTimeline(db, secrets, migration.plan, keys, page)) };
      response.json(answer);
    })
    .all(onlyMethods('POST'));
  router
    .route('/v1/migrations/:migration/crosswalk/links')
    .post(allow(actors, LINKERS), ...json(LINKS_LIMIT), async (request, response) => {
      const { links } = readRequest(vendorLinksBody, request.body ?? {});
      const migration = await planOf(parts, request.params.migration);
      const given = links.map(({ unit, names, ...id }, at): VendorLinkRequest => {
        const isOfPlan = migration.plan.systems.some((system) => system.id === id.vendor);
        if (!isOfPlan || !isVendorId(id)) throw new NoVendorId(`'links.${at}'`);
        const kind = kindOf(migration.plan, unit, `'links.${at}.unit'`);
        return { id: { ...id, names: names ?? kind }, unit, kind };
      });
      const actor = actorOf(response);
      const answer = await linkVendorIds(db, secrets, migration, actor, given);
      const { linked, alreadyLinked, refused } = answer;
      // I15: how many, and nothing of an id or a key.
      logger.info({ migration: migration.id, actor: actor.id, linked, alreadyLinked, refused }, 'ids were linked');
      response.status(refused === 0 ? 200 : 207).json(answer);
    })
    .all(onlyMethods('POST'));
  const engineers = allow(actors, ['engineer']);
  const rehash = async (): Promise<RotationAnswer> => {
    const until = systemClock.now().getTime() + REHASH_FOR;
    const { hashed, left } = await rehashVendorIds(db, secrets, () => systemClock.now().getTime() >= until);
    return { writing: (await readKeys(db)).find((row) => row.writing)?.id ?? '', hashed, left };
  };
  router
    .route('/v1/crosswalk/rotate')
    .post(engineers, ...json(BODY_LIMIT), async (request, response) => {
      const { key } = readRequest(rotateBody, request.body ?? {});
      const actor = actorOf(response);
      await rotateKeys(db, secrets, { actor: actor.id, verified: actor.verified }, key);
      const answer = await rehash();
      logger.info({ actor: actor.id, key: answer.writing }, 'ids of vendors are hashed under another key');
      response.json(answer);
    })
    .all(onlyMethods('POST'));
  router
    .route('/v1/crosswalk/rehash')
    .post(engineers, ...json(BODY_LIMIT), async (_request, response) => {
      response.json(await rehash());
    })
    .all(onlyMethods('POST'));
  router
    .route('/v1/crosswalk/retire')
    .post(engineers, ...json(BODY_LIMIT), async (request, response) => {
      const { key } = readRequest(retireBody, request.body ?? {});
      const actor = actorOf(response);
      await retireKey(db, { actor: actor.id, verified: actor.verified }, key);
      logger.info({ actor: actor.id, key }, 'a key of the crosswalk was retired');
      response.status(204).end();
    })
    .all(onlyMethods('POST'));
  return router;
}
