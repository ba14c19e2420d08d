import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { trafficActivities } from '../../../activities/traffic/traffic-activities';
import type { TrafficRouter } from '../../../activities/traffic/traffic-router';
import { ProcessesBehind } from '../../../store/api-processes';
import { createSplit, readSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { PAYMENT, startMigration } from './started-migration';

const LEASE = 60_000;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('a lowering that not every API process takes over in time', () => {
  it('is waited for when it is attempted again, and is no second epoch; another lowering is (I2)', async () => {
    const { db } = database;
    const key = { migration: await startMigration(db), ...PAYMENT };
    await createSplit(db, { ...key, lease: LEASE });
    const splits = new PostgresTrafficRouter(db);
    const all = { share: 100_000, perDay: null, lease: LEASE };
    await splits.write({ ...key, ...all, expectedEpoch: 1, mode: 'open', cause: 'raised' });

    let behind = 2;
    const router: TrafficRouter = {
      write: async (change) => {
        const written = await splits.write(change);
        if ((behind -= 1) >= 0) throw new ProcessesBehind();
        return written;
      },
      readBack: (of) => splits.readBack(of),
      renew: (renewal) => splits.renew(renewal),
      readBackAll: (keys) => splits.readBackAll(keys),
      renewAll: (renewals) => splits.renewAll(renewals),
    };
    const lowerAs = (command: string): Promise<{ epoch: number }> =>
      trafficActivities({
        clock: () => Promise.resolve(new Date()),
        router,
        createSplit: (split) => createSplit(db, split),
        lapsedFor: () => Promise.resolve(undefined),
        command: () => command,
      }).lowerTraffic({
        ...key,
        ...{ share: 0, maxOpen: null, returning: false, lease: LEASE, cause: 'rollback', newAttempt: false },
      });
    await expect(lowerAs('run/1')).rejects.toThrow(ProcessesBehind);
    await expect(lowerAs('run/1')).rejects.toThrow(ProcessesBehind);
    expect(await lowerAs('run/1')).toEqual({ epoch: 3, share: 0 });
    expect((await readSplit(db, key))?.epoch).toBe(3);

    // Said anew it fences whatever may be on its way since.
    expect(await lowerAs('run/2')).toEqual({ epoch: 4, share: 0 });
  });
});
