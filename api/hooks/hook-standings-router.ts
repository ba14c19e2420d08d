import { Router } from 'express';
import { HOOK_RESULTS, type HookStanding, type HookTypeTally } from '../../domain/status/hook-tallies';
import type { Database } from '../../store/database';
import { readHookTallies } from '../../store/hook-tallies';
import type { MigrationPlans } from '../../store/migration-plans';
import { allow, READERS } from '../access';
import type { Actors } from '../actors';
import { UnknownMigration } from '../migrations/find-phase';
import { onlyMethods } from '../problems';

/** What the hooks of a migration brought, `{ hooks: HookStanding[] }`: by hook and by the vendor's type, those that brought nothing too. */
export function hookStandingsRouter({
  db,
  actors,
  plans,
}: {
  db: Database;
  actors: Actors;
  plans: MigrationPlans;
}): Router {
  const router = Router();
  router
    .route('/v1/migrations/:migration/hooks')
    .get(allow(actors, READERS), async (request, response) => {
      const migration = await plans.byId(db, request.params.migration);
      if (migration === undefined) throw new UnknownMigration();
      const tallies = await readHookTallies(db, migration.id);
      const hooks = (migration.plan.hooks ?? []).map(({ id, vendor, system }) =>
        standing({ hook: id, vendor, system }, tallies.get(id) ?? []),
      );
      response.json({ hooks });
    })
    .all(onlyMethods('GET'));
  return router;
}

function standing(of: Pick<HookStanding, 'hook' | 'vendor' | 'system'>, types: HookTypeTally[]): HookStanding {
  const counts = Object.fromEntries(
    HOOK_RESULTS.map((result) => [
      result,
      types.filter((one) => one.result === result).reduce((sum, { count }) => sum + count, 0),
    ]),
  ) as HookStanding['counts'];
  const lastAt =
    types
      .map((one) => one.lastAt)
      .sort()
      .at(-1) ?? null;
  return { ...of, lastAt, counts, types };
}
