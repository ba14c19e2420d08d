import { systemClock } from '../../../platform/system-clock';
import { MigrationPlans } from '../../../store/migration-plans';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { startMigration } from '../sides/started-migration';

describe('the plans that a process keeps', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('are one object a version, whoever asks first at the same time', async () => {
    const { db } = database;
    const id = await startMigration(db);
    const plans = new MigrationPlans(systemClock);
    const found = await Promise.all([
      plans.byId(db, id),
      plans.liveById(db, id),
      plans.allLive(db).then(([first]) => first),
      plans.byId(db, id),
    ]);
    expect(found[0]).toBeDefined();
    for (const plan of [...found, plans.loaded(id)]) expect(plan).toBe(found[0]);
  });
});
