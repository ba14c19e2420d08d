import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../platform/package-root';
import type { Queryable } from './database';

/** Files of store/schema that this database has not had yet, in order; empty where it is up to date. */
export async function missingSchemaFiles(connection: Queryable): Promise<string[]> {
  const files = (await readdir(join(packageRoot(), 'store', 'schema'))).filter((name) => name.endsWith('.sql')).sort();
  const { rows: tables } = await connection.query<{ there: boolean }>(
    `SELECT to_regclass('schema_file') IS NOT NULL AS there`,
  );
  if (tables[0]?.there !== true) return files;
  const { rows } = await connection.query<{ name: string }>(`SELECT name FROM schema_file`);
  const applied = new Set(rows.map(({ name }) => name));
  return files.filter((name) => !applied.has(name));
}
