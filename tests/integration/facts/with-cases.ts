import { randomUUID } from 'node:crypto';
import type { Database } from '../../../store/database';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { createFactsApi, type FactsApi } from './facts-api';
import { FactsCases } from './facts-cases';
import { startMigrationOf } from './facts-plan';

export interface WithCases {
  db: Database;
  api: FactsApi;
  /** Of a migration of its own in each test. */
  cases: FactsCases;
}

/** A database and an API for the tests of one file, and cases of a migration of that plan for each of them: given before it runs. */
export function withCasesOf(plan: string, give: (made: WithCases) => void): void {
  let database: TestDatabase;
  let api: FactsApi;
  beforeAll(async () => {
    database = await createTestDatabase();
    api = await createFactsApi(database.db);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    const { db } = database;
    const migration = `facts-${randomUUID()}`;
    await startMigrationOf(db, migration, 1, plan);
    give({ db, api, cases: new FactsCases(db, api, migration) });
  });
}
