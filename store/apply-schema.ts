import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { Umzug, type UmzugStorage } from 'umzug';
import { packageRoot } from '../platform/package-root';

/** Only one process applies the schema at a time; the number means nothing but 'this'. */
const SCHEMA_LOCK = 7_305_221;

/**
 * Brings a database to the newest schema: the files of store/schema in the order of their names, each once, in one transaction
 * together with the note that it was. Any number of processes may do so at the same time.
 * @param url `postgres://…`
 * @returns the names of the files applied now
 * @throws Error of Postgres; the file at fault leaves no trace
 */
export async function applySchema(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url, application_name: 'schema', connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [SCHEMA_LOCK]);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_file (
         name text PRIMARY KEY,
         applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
       )`,
    );
    const umzug = new Umzug({
      migrations: {
        glob: ['*.sql', { cwd: join(packageRoot(), 'store', 'schema') }],
        resolve: ({ name, path }) => ({ name, up: () => applyFile(client, name, path ?? '') }),
      },
      storage: new SchemaFiles(client),
      logger: undefined,
    });
    return (await umzug.up()).map(({ name }) => name);
  } finally {
    // Ends the session, and the lock with it.
    await client.end();
  }
}

async function applyFile(client: Client, name: string, path: string): Promise<void> {
  const sql = await readFile(path, 'utf8');
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO schema_file (name) VALUES ($1)', [name]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** Which files were applied. `applyFile` notes them itself, in the file's transaction. */
class SchemaFiles implements UmzugStorage {
  constructor(private readonly client: Client) {}

  async executed(): Promise<string[]> {
    const { rows } = await this.client.query<{ name: string }>('SELECT name FROM schema_file ORDER BY name');
    return rows.map(({ name }) => name);
  }

  logMigration(): Promise<void> {
    return Promise.resolve();
  }

  unlogMigration(): Promise<void> {
    return Promise.reject(new Error('The schema only goes forward.'));
  }
}
