import type { HeldRoute, OutwardRoute } from '../../../activities/traffic/outward-route';
import { RouteCarrier } from '../../../activities/traffic/route-carrier';
import { createLogger } from '../../../platform/logger';
import { Database } from '../../../store/database';
import { createSplit } from '../../../store/splits';
import { startRouteFollower } from '../../../worker/route-follower';
import { createTestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { startMigration } from '../sides/started-migration';

describe('what follows routes outside', () => {
  it('leaves connections to Postgres for leases and rollbacks, however many routes do not answer (I2, I4)', async () => {
    const database = await createTestDatabase();
    const db = Database.connect({ url: database.url, applicationName: 'worker', connections: 10 });
    const hanging: ((held: HeldRoute[]) => void)[] = [];
    const route: OutwardRoute = {
      ...{ kind: 'webhook', sendsBack: 'all', lookEvery: 60_000, nearest: (share) => share },
      apply: () => Promise.resolve(),
      readBack: () => new Promise((resolve) => hanging.push(resolve)),
    };
    const migration = await startMigration(db);
    const keys = Array.from({ length: 12 }, (_, index) => ({
      ...{ migration, phase: 'payment', cohort: `cohort-${index}` },
    }));
    for (const key of keys) await createSplit(db, { ...key, lease: 60_000 });
    const follower = startRouteFollower({
      ...{ db, keys, tick: 10, carrier: new RouteCarrier({ db, find: () => route }) },
      ...{ logger: createLogger('worker', 'silent'), notifier: { send: () => Promise.resolve() } },
    });
    let stopping: Promise<void> | undefined;
    try {
      await until('routes are waited for', () => hanging.length >= 4);
      await expect(db.query('SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
      stopping = follower.stop();
      let stopped = false;
      void stopping.then(() => (stopped = true));
      await until('the follower has ended', () => {
        for (const answer of hanging.splice(0)) answer([{ epoch: 1, share: 0, returning: false }]);
        return stopped;
      });
    } finally {
      await (stopping ?? follower.stop());
      await db.close();
      await database.drop();
    }
  });
});
