import { Client } from 'pg';
import { Umzug, type UmzugStorage } from 'umzug';
import { DomainError } from '../domain/domain-error';
import { appliedSchemaFiles, readSchemaFiles, type SchemaFile } from './schema-files';

/** Only one process applies the schema at a time; the number means nothing but 'this'. */
const SCHEMA_LOCK = 7_305_221;

/** A database has had a file of the schema with another content: what this release expects in it may not be there. */
export class OtherSchema extends DomainError {
  readonly code = 'other-schema';
  readonly status = 500;
  constructor(files: readonly string[]) {
    super(
      `This database was made by another version of the schema (${files.join(', ')}). Keep it with the release that made it and ` +
        'name another one in DATABASE_URL; or, where `npm start` made it, move the data folder away (.handoff) and start again.',
    );
  }
}

/**
 * Brings a database to the newest schema: the files of store/schema in the order of their names, each once, in one transaction
 * together with the note that it was. Any number of processes may do so at the same time. Files that this release does not have are
 * of a later one, and stay.
 * @param url `postgres://…`
 * @returns the names of the files applied now
 * @throws OtherSchema, with nothing changed; Error of Postgres, the file at fault leaving no trace
 */
export async function applySchema(url: string): Promise<string[]> {
  const files = await readSchemaFiles();
  const client = new Client({ connectionString: url, application_name: 'schema', connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [SCHEMA_LOCK]);
    await refuseOtherSchema(client, files);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_file (
         name text PRIMARY KEY,
         sha256 text NOT NULL,
         applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
       )`,
    );
    const umzug = new Umzug({
      migrations: files.map((file) => ({ name: file.name, up: () => applyFile(client, file) })),
      storage: new SchemaFiles(client),
      logger: undefined,
    });
    return (await umzug.up()).map(({ name }) => name);
  } finally {
    // Ends the session, and the lock with it.
    await client.end();
  }
}

async function refuseOtherSchema(client: Client, files: readonly SchemaFile[]): Promise<void> {
  const applied = await appliedSchemaFiles(client);
  const others = files.filter(({ name, sha256 }) => applied.has(name) && applied.get(name) !== sha256);
  if (others.length > 0) throw new OtherSchema(others.map(({ name }) => name));
}

async function applyFile(client: Client, { name, sql, sha256 }: SchemaFile): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO schema_file (name, sha256) VALUES ($1, $2)', [name, sha256]);
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
    return [...(await appliedSchemaFiles(this.client)).keys()];
  }

  logMigration(): Promise<void> {
    return Promise.resolve();
  }

  unlogMigration(): Promise<void> {
    return Promise.reject(new Error('The schema only goes forward.'));
  }
}
