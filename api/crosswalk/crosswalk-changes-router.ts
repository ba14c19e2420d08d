import { Router } from 'express';
import { UnknownCrosswalkChange } from '../../domain/crosswalk/crosswalk-failures';
import type { Role } from '../../domain/plan/journey';
import type { CrosswalkChange } from '../../domain/status/crosswalk-answers';
import { awaitTakenOver } from '../../store/api-processes';
import { approveChange, askChange, previewOf, readChanges, refuseChange } from '../../store/crosswalk-changes';
import { actorOf, allow, PEOPLE } from '../access';
import { linkedPhases } from '../links/link-migration-keys';
import { onlyMethods, readRequest } from '../problems';
import { json } from '../takes-body';
import { planOf, type CrosswalkParts } from './crosswalk-parts';
import { changeBody, changesQuery } from './requests';
import { wantedChange } from './wanted-change';

const BODY_LIMIT = '16kb';

/** Who may agree that two patients are one, or that an id is not whose it was taken for: as with cases that are left as they are. */
const LEADS = ['clinical-lead', 'support-lead', 'release-manager'] as const satisfies readonly Role[];

/** Merges and splits by two people (R46): what is asked for, `{ changes: CrosswalkChange[] }`; asking, with what it would touch; and deciding. */
export function crosswalkChangesRouter(parts: CrosswalkParts): Router {
  const { db, actors, logger, secrets } = parts;
  const people = allow(actors, PEOPLE);
  const path = '/v1/migrations/:migration/crosswalk/changes';
  const router = Router();
  router
    .route(path)
    .get(people, async (request, response) => {
      const { all } = readRequest(changesQuery, request.query);
      const migration = await planOf(parts, request.params.migration);
      response.json({ changes: await readChanges(db, migration.id, { waiting: all !== 'true' }) });
    })
    .post(people, ...json(BODY_LIMIT), async (request, response) => {
      const body = readRequest(changeBody, request.body ?? {});
      const migration = await planOf(parts, request.params.migration);
      const wanted = await wantedChange(db, secrets, migration, body);
      if (body.dryRun) {
        response.json({ preview: await previewOf(db, migration.id, wanted) });
        return;
      }
      const change = await askChange(db, migration, actorOf(response), wanted, body.reason);
      logger.info(
        { migration: migration.id, actor: change.askedBy, change: change.id },
        `a ${change.change} was asked for`,
      );
      response.json({ change });
    })
    .all(onlyMethods('GET', 'POST'));
  router
    .route(`${path}/:change/approve`)
    .post(allow(actors, LEADS), ...json(BODY_LIMIT), async (request, response) => {
      const migration = await planOf(parts, request.params.migration);
      const actor = actorOf(response);
      const change = await approveChange(
        db,
        migration,
        linkedPhases(migration),
        actor,
        numberOf(request.params.change),
      );
      if (change.change === 'merge') await awaitTakenOver(db);
      logger.info({ migration: migration.id, actor: actor.id, change: change.id }, `a ${change.change} was made`);
      const answer: { change: CrosswalkChange } = { change };
      response.json(answer);
    })
    .all(onlyMethods('POST'));
  router
    .route(`${path}/:change/refuse`)
    .post(people, ...json(BODY_LIMIT), async (request, response) => {
      const migration = await planOf(parts, request.params.migration);
      const change = await refuseChange(db, migration, actorOf(response), numberOf(request.params.change));
      response.json({ change });
    })
    .all(onlyMethods('POST'));
  return router;
}

/** @throws UnknownCrosswalkChange */
function numberOf(text: string): string {
  if (!/^\d{1,18}$/.test(text)) throw new UnknownCrosswalkChange();
  return text;
}
