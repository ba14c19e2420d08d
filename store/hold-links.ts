import type { Queryable } from './database';

/**
 * Keeps it as it is which key stands for which, until the transaction ends. For all who move or close placements by their keys, before they hold any;
 * whoever writes a first one does so in `write_placements`.
 */
export async function holdLinks(connection: Queryable, migrations: Iterable<string>): Promise<void> {
  for (const migration of [...migrations].sort()) await connection.query('SELECT hold_links($1)', [migration]);
}

/** How many links of keys there are in a migration: whether somebody may have come to stand under another key since it was counted before. */
export async function countLinks(connection: Queryable, migration: string): Promise<number> {
  const { rows } = await connection.query<{ links: number }>(
    `SELECT ((SELECT count(*) FROM unit_alias WHERE migration = $1) + (SELECT count(*) FROM unit_owner WHERE migration = $1))::float8 AS links`,
    [migration],
  );
  return rows[0]?.links ?? 0;
}
