import type { Notice } from '../activities/notify/notifier';
import type { Queryable } from './database';

/** Keeps what people are to be told. The same once-key gives the row that is there. */
export async function recordNotice(
  connection: Queryable,
  notice: Notice,
): Promise<{ id: string; alreadyDelivered: boolean }> {
  const { rows } = await connection.query<{ id: string; delivered: boolean }>(
    `INSERT INTO notice (migration, phase, cohort, once_key, kind, urgency, message) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (migration, once_key) DO UPDATE SET once_key = EXCLUDED.once_key
     RETURNING id, delivered_at IS NOT NULL AS delivered`,
    [notice.migration, notice.phase, notice.cohort, notice.onceKey, notice.kind, notice.urgency, notice.message],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('INSERT … RETURNING gave no row.');
  return { id: row.id, alreadyDelivered: row.delivered };
}

/** Notes that a notice was handed over; the first time counts. */
export async function markDelivered(connection: Queryable, id: string): Promise<void> {
  await connection.query(`UPDATE notice SET delivered_at = COALESCE(delivered_at, clock_timestamp()) WHERE id = $1`, [
    id,
  ]);
}
