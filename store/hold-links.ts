import type { Queryable } from './database';

/**
 * Keeps it as it is which key stands for which, until the transaction ends. For all who move or close placements by their keys, before they hold any;
 * whoever writes a first one does so in `write_placements`.
 */
export async function holdLinks(connection: Queryable, migrations: Iterable<string>): Promise<void> {
  for (const migration of [...migrations].sort()) await connection.query('SELECT hold_links($1)', [migration]);
}
