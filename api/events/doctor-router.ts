import { Router } from 'express';
import type { Database } from '../../store/database';
import type { MigrationPlans } from '../../store/migration-plans';
import { readDoctor } from '../../store/read-doctor';
import { allow, READERS } from '../access';
import type { Actors } from '../actors';
import { findMigration, UnknownMigration } from '../migrations/find-phase';
import { onlyMethods } from '../problems';

/** Whether everything that was received of a migration is accounted for, a DoctorReport. */
export function doctorRouter({ db, actors, plans }: { db: Database; actors: Actors; plans: MigrationPlans }): Router {
  const router = Router();
  router
    .route('/v1/migrations/:migration/doctor')
    .get(allow(actors, READERS), async (request, response) => {
      const { id } = await findMigration(db, request.params.migration);
      const of = await plans.byId(db, id);
      if (of === undefined) throw new UnknownMigration();
      response.json(await readDoctor(db, of));
    })
    .all(onlyMethods('GET'));
  return router;
}
