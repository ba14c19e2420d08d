import { Router } from 'express';
import { z } from 'zod';
import { UNIT_KINDS } from '../../domain/sides/units';
import type { Logger } from '../../platform/logger';
import { awaitTakenOver } from '../../store/api-processes';
import type { Database } from '../../store/database';
import type { MigrationPlans } from '../../store/migration-plans';
import { actorOf, allow, STACKS } from '../access';
import type { Actors } from '../actors';
import { findMigration, UnknownMigration } from '../migrations/find-phase';
import { onlyMethods, readRequest } from '../problems';
import { json } from '../takes-body';
import { linkMigrationKeys } from './link-migration-keys';

/** Of one request. */
const MOST_LINKS = 1_000;
/** As many with the longest keys that there are, written out with room to spare. */
const BODY_LIMIT = '512kb';

const key = z.string({ error: 'Give a key.' }).min(1, 'Give a key.').max(100, 'Give a key.');

const linksBody = z.strictObject({
  links: z
    .array(
      z.strictObject({
        kind: z.enum(UNIT_KINDS, { error: `Say what the alias is a key of: ${UNIT_KINDS.join(', ')}.` }),
        alias: key,
        unit: key,
      }),
      { error: "Send a list of links, each { kind, alias, unit }, under 'links'." },
    )
    .min(1, 'Send one link or more.')
    .max(MOST_LINKS, `Send ${MOST_LINKS} links at most; the next with another request.`),
});

interface LinksParts {
  db: Database;
  actors: Actors;
  logger: Logger;
  plans: MigrationPlans;
}

/** Says that keys are one person's; a LinkAnswer: 200 where none is refused, 207 where some are. */
export function linksRouter({ db, actors, logger, plans }: LinksParts): Router {
  const router = Router();
  router
    .route('/v1/migrations/:migration/links')
    .post(allow(actors, [...STACKS, 'engineer', 'release-manager']), ...json(BODY_LIMIT), async (request, response) => {
      const { links } = readRequest(linksBody, request.body ?? {});
      const { id } = await findMigration(db, request.params.migration);
      const migration = await plans.byId(db, id);
      if (migration === undefined) throw new UnknownMigration();
      const actor = actorOf(response);
      const answer = await linkMigrationKeys(db, migration, actor, links);
      await awaitTakenOver(db);
      const { linked, alreadyLinked, refused, contradicted } = answer;
      // I15: how many, and nothing of a key.
      logger.info({ migration: id, actor: actor.id, linked, alreadyLinked, refused, contradicted }, 'keys were linked');
      response.status(refused === 0 ? 200 : 207).json(answer);
    })
    .all(onlyMethods('POST'));
  return router;
}
