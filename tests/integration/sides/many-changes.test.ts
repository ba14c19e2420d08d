import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSideChanges } from '../../../store/side-changes';
import { createSplit } from '../../../store/splits';
import { openInstance, type ApiInstance } from '../../histories/api-instance';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { episodes, OTHERS, startMigration } from './started-migration';

const MANY = 100_000;

let database: TestDatabase;
let folder: string;
let instance: ApiInstance;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'handoff-changes-'));
  for (const id of ['large', 'small']) {
    await startMigration(database.db, { id });
    await createSplit(database.db, { migration: id, ...OTHERS, lease: 60_000 });
  }
  instance = await openInstance({
    ...{ databaseUrl: database.url, journalFolder: join(folder, 'journal'), lease: 3_000, listens: true },
  });
});
afterAll(async () => {
  await instance.stop();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(migration: string, unit: string): Promise<{ value: string; why: string }> {
  const { value, metadata } = await instance.ask(`${migration}.payment`, { targetingKey: unit });
  return { value, why: metadata.why };
}

describe('more units that change at once than a process can be told of one by one', () => {
  it('are all forgotten with their migration, and the process keeps its right (I1)', async () => {
    const { db } = database;
    const [unit = ''] = episodes(1);
    await until('it may answer from memory', () => instance.holdsRight());
    for (const migration of ['large', 'small']) expect((await ask(migration, unit)).value).toBe('legacy');
    const since = (await readSideChanges(db, -1)).version;

    await db.transaction(async (connection) => {
      await connection.query(`UPDATE placement SET side = 'target' WHERE unit = $1`, [unit]);
      await connection.query(
        `INSERT INTO side_change (version, migration, phase, unit)
         SELECT raise_sides_version(), 'large', 'payment', $1
          UNION ALL SELECT (SELECT version FROM split_version) + 1, 'large', 'payment', 'ep_' || n FROM generate_series(2, $2::int) n`,
        [unit, MANY],
      );
    });
    expect(await readSideChanges(db, since)).toMatchObject({ units: [], migrations: ['large'] });
    await until('it has taken them over', async () => (await ask('large', unit)).value === 'target');
    await until('it holds the right', () => instance.holdsRight());
    // Nobody changed there: what is remembered is what was answered.
    expect(await ask('small', unit)).toEqual({ value: 'legacy', why: 'placedBefore' });
  });

  it('are told one by one where they are few', async () => {
    const { version } = await readSideChanges(database.db, -1);
    await database.db.query(
      `INSERT INTO side_change (version, migration, phase, unit) SELECT raise_sides_version(), 'small', NULL, 'ep_1'`,
    );
    expect(await readSideChanges(database.db, version, 1)).toMatchObject({
      ...{ migrations: [], units: [{ migration: 'small', phase: null, unit: 'ep_1' }] },
    });
    expect(await readSideChanges(database.db, -1, 0)).toMatchObject({ units: [], migrations: [] });
  });
});
