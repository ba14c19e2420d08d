import type { Queryable } from './database';

/** The database's clock, the only one for fences and leases. */
export async function databaseNow(connection: Queryable): Promise<Date> {
  const { rows } = await connection.query<{ now: Date }>(`SELECT clock_timestamp() AS now`);
  const row = rows[0];
  if (row === undefined) throw new Error('SELECT clock_timestamp() gave no row.');
  return row.now;
}
