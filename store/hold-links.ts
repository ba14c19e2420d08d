import type { Queryable } from './database';

/**
 * Keeps it as it is which key stands for which, until the transaction ends. For all who move or close placements by their keys, before they hold any;
 * whoever writes a first one does so in `write_placements`.
 */
export async function holdLinks(connection: Queryable, migrations: Iterable<string>): Promise<void> {
  for (const migration of [...migrations].sort()) await connection.query('SELECT hold_links($1)', [migration]);
}

/**
 * What changes with every link of a migration: compared with an earlier one, whether somebody may have come to stand under another key since. Aliases only
 * grow in number; a visitor who becomes one takes their owner's row away, so the two are not added up.
 */
export async function linksMark(connection: Queryable, migration: string): Promise<string> {
  const { rows } = await connection.query<{ mark: string }>(
    `SELECT concat_ws('/', (SELECT count(*) FROM unit_alias WHERE migration = $1), (SELECT count(*) FROM unit_owner WHERE migration = $1)) AS mark`,
    [migration],
  );
  return rows[0]?.mark ?? '';
}
