import type { OutwardRoute } from '../../../activities/traffic/outward-route';
import { OutwardTrafficRouter } from '../../../activities/traffic/outward-traffic-router';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { RouteCarrier } from '../../../activities/traffic/route-carrier';
import type { SplitKey } from '../../../activities/traffic/traffic-router';
import { Database } from '../../../store/database';
import { createSplit } from '../../../store/splits';
import { createTestDatabase } from '../../setup/test-database';
import { runOut, startMigration } from './started-migration';
import type { RunningRouter } from './traffic-router-conformance';

/** The router of a worker whose cohorts are routed outside too, by what `find` gives for each. */
export function outwardRouter(
  db: Database,
  find: (key: SplitKey) => OutwardRoute | undefined,
  giveUpAfter = 60_000,
): { router: OutwardTrafficRouter; carrier: RouteCarrier } {
  const carrier = new RouteCarrier({ db, find, giveUpAfter });
  return { carrier, router: new OutwardTrafficRouter({ db, splits: new PostgresTrafficRouter(db), carrier }) };
}

/** For the suite of all traffic routers. @param cohorts those that are routed outside; each is opened once */
export async function runningOutwardRouter(
  find: (key: SplitKey) => OutwardRoute | undefined,
  cohorts: readonly string[],
  stop: () => Promise<void>,
): Promise<RunningRouter> {
  const database = await createTestDatabase();
  const { db, url } = database;
  const migration = await startMigration(db);
  const later: Database[] = [];
  let opened = 0;
  return {
    router: outwardRouter(db, find).router,
    countsUnits: false,
    restarted: () => {
      const other = Database.connect({ url, applicationName: 'restarted' });
      later.push(other);
      return Promise.resolve(outwardRouter(other, find).router);
    },
    open: async () => {
      const cohort = cohorts[opened];
      if (cohort === undefined) throw new Error('There are more tests than cohorts that are routed outside.');
      opened += 1;
      const key = { migration, phase: 'payment', cohort };
      await createSplit(db, { ...key, lease: 60_000 });
      return key;
    },
    letLeaseRunOut: (key) => runOut(db, key),
    now: async () => {
      const { rows } = await db.query<{ now: Date }>('SELECT clock_timestamp() AS now');
      return rows[0]?.now ?? new Date(Number.NaN);
    },
    stop: async () => {
      await Promise.all(later.map((other) => other.close()));
      await database.drop();
      await stop();
    },
  };
}
