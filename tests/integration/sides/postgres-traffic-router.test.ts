import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { Database } from '../../../store/database';
import { createSplit } from '../../../store/splits';
import { createTestDatabase } from '../../setup/test-database';
import { runOut, startMigration } from './started-migration';
import { itBehavesLikeATrafficRouter } from './traffic-router-conformance';

describe('the traffic router over Postgres', () => {
  itBehavesLikeATrafficRouter(async () => {
    const database = await createTestDatabase();
    const { db, url } = database;
    const migration = await startMigration(db);
    const later: Database[] = [];
    let opened = 0;
    return {
      router: new PostgresTrafficRouter(db),
      countsUnits: true,
      restarted: () => {
        const other = Database.connect({ url, applicationName: 'restarted' });
        later.push(other);
        return Promise.resolve(new PostgresTrafficRouter(other));
      },
      open: async () => {
        const key = { migration, phase: 'payment', cohort: `cohort-${(opened += 1)}` };
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
      },
    };
  });
});
