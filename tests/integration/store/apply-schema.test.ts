import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { applySchema, OtherSchema } from '../../../store/apply-schema';
import { missingSchemaFiles } from '../../../store/missing-schema';
import { packageRoot } from '../../../platform/package-root';
import { DataOfOtherRelease, requireDatabase } from '../../../supervisor/existing-servers';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';

/** Runs TypeScript as it stands. */
const HOOK = join(__dirname, '..', 'facts', 'typescript-hook.cjs');
const GROUND = '0001-ground.sql';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

async function emptied(): Promise<void> {
  await database.db.query('DROP SCHEMA public CASCADE');
  await database.db.query('CREATE SCHEMA public');
}

describe('the schema', () => {
  it('is applied once, however many do so at the same time, and noted with its content', async () => {
    await emptied();
    expect(await missingSchemaFiles(database.db)).toContain(GROUND);
    const applied = await Promise.all([1, 2, 3].map(() => applySchema(database.url)));
    expect(applied.filter((files) => files.length > 0)).toEqual([expect.arrayContaining([GROUND])]);
    expect(await missingSchemaFiles(database.db)).toEqual([]);
    const { rows } = await database.db.query<{ sha256: string }>('SELECT sha256 FROM schema_file');
    for (const { sha256 } of rows) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('of another content is refused in words, and nothing of the database changes', async () => {
    await database.db.query(`UPDATE schema_file SET sha256 = repeat('0', 64) WHERE name = $1`, [GROUND]);
    await expect(applySchema(database.url)).rejects.toThrow(OtherSchema);
    await expect(applySchema(database.url)).rejects.toThrow(
      /^This database was made by another version of the schema \(0001-ground\.sql\)\. Keep it with the release that made it/,
    );
    const { rows } = await database.db.query('SELECT sha256 FROM schema_file WHERE name = $1', [GROUND]);
    expect(rows).toEqual([{ sha256: '0'.repeat(64) }]);
    expect(await missingSchemaFiles(database.db)).toEqual([GROUND]);
  });

  it('of a database that noted no content counts as another one', async () => {
    await database.db.query('ALTER TABLE schema_file DROP COLUMN sha256');
    expect(await missingSchemaFiles(database.db)).toContain(GROUND);
    await expect(applySchema(database.url)).rejects.toThrow(OtherSchema);
  });

  it('of a later release, with more files, stays and stops nothing', async () => {
    await database.db.query(`INSERT INTO schema_file (name, sha256) VALUES ('9999-later.sql', repeat('0', 64))`);
    expect(await applySchema(database.url)).toEqual([]);
  });

  it('of another content stops `npm start` and the schema job, each with those words', async () => {
    await database.db.query(`UPDATE schema_file SET sha256 = repeat('0', 64)`);
    await expect(requireDatabase(database.url)).rejects.toThrow(DataOfOtherRelease);
    await expect(requireDatabase(database.url)).rejects.toThrow('move the data folder away (.handoff)');
    const job = spawnSync(process.execPath, ['--require', HOOK, join(packageRoot(), 'store', 'apply-schema-main.ts')], {
      env: { ...process.env, DATABASE_URL: database.url },
      encoding: 'utf8',
    });
    expect([job.status, job.stderr]).toEqual([1, expect.stringContaining('made by another version of the schema')]);
  });
});
