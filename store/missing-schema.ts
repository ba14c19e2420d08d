import type { Queryable } from './database';
import { appliedSchemaFiles, readSchemaFiles } from './schema-files';

/** Files of store/schema that this database has not had yet, or had with another content, in order; empty where it is up to date. */
export async function missingSchemaFiles(connection: Queryable): Promise<string[]> {
  const applied = await appliedSchemaFiles(connection);
  return (await readSchemaFiles()).filter(({ name, sha256 }) => applied.get(name) !== sha256).map(({ name }) => name);
}
