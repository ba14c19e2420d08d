import type { Queryable } from './database';

/** Gives a migration's start its one row in the audit log. */
export const START_ONCE_KEY = 'migration.started';

/** Hash of the Idempotency-Key that a migration was started with; undefined where it was started without one. */
export async function startKeyOf(connection: Queryable, migration: string): Promise<string | undefined> {
  const { rows } = await connection.query<{ key: string | null }>(
    `SELECT evidence ->> 'idempotencyKeySha256' AS key FROM audit WHERE migration = $1 AND once_key = $2`,
    [migration, START_ONCE_KEY],
  );
  return rows[0]?.key ?? undefined;
}
