import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../platform/package-root';
import type { Queryable } from './database';

/** A file of the schema. Once applied to a database that people keep, its content never changes: a change is a file more. */
export interface SchemaFile {
  name: string;
  sql: string;
  sha256: string;
}

/** The files of store/schema, in the order in which they are applied. */
export async function readSchemaFiles(folder = join(packageRoot(), 'store', 'schema')): Promise<SchemaFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** What a database has had, by name: the hash of its content; null where an earlier release noted none. */
export async function appliedSchemaFiles(connection: Queryable): Promise<Map<string, string | null>> {
  const { rows: tables } = await connection.query<{ there: boolean }>(
    `SELECT to_regclass('schema_file') IS NOT NULL AS there`,
  );
  if (tables[0]?.there !== true) return new Map();
  // By way of JSON, since a table of an earlier release has no such column.
  const { rows } = await connection.query<{ name: string; sha256: string | null }>(
    `SELECT name, to_jsonb(schema_file) ->> 'sha256' AS sha256 FROM schema_file ORDER BY name`,
  );
  return new Map(rows.map(({ name, sha256 }) => [name, sha256]));
}
