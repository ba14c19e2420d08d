import { randomBytes } from 'node:crypto';
import { Database } from '../../../store/database';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
});

describe('closing a database', () => {
  it('leaves no session behind: a Postgres that is stopped next cuts nobody off', async () => {
    for (let round = 0; round < 20; round += 1) {
      const applicationName = `closing-${randomBytes(4).toString('hex')}`;
      const closing = Database.connect({ url: database.url, applicationName });
      await Promise.all(Array.from({ length: 10 }, () => closing.query('SELECT pg_sleep(0.01)')));
      await closing.close();
      const { rows } = await database.db.query<{ left: number }>(
        'SELECT count(*)::int AS left FROM pg_stat_activity WHERE application_name = $1',
        [applicationName],
      );
      expect(rows).toEqual([{ left: 0 }]);
    }
  });
});
