import type { Notice } from '../activities/notify/notifier';
import type { Milliseconds } from '../domain/time/duration';
import type { Queryable } from './database';

/** Keeps what people are to be told. The same once-key gives the row that is there. */
export async function recordNotice(
  connection: Queryable,
  notice: Notice,
): Promise<{ id: string; alreadyDelivered: boolean }> {
  const { rows } = await connection.query<{ id: string; delivered: boolean }>(
    `INSERT INTO notice (migration, phase, cohort, once_key, kind, urgency, message, team, kinds, incident, incident_state)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (migration, once_key) DO UPDATE SET once_key = EXCLUDED.once_key
     RETURNING id, delivered_at IS NOT NULL AS delivered`,
    [
      ...[notice.migration, notice.phase, notice.cohort, notice.onceKey, notice.kind, notice.urgency, notice.message],
      ...[notice.team ?? null, notice.kinds ?? null, notice.incident?.key ?? null, notice.incident?.state ?? null],
    ],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('INSERT … RETURNING gave no row.');
  return { id: row.id, alreadyDelivered: row.delivered };
}

/** Notes that a notice was handed over to all that it goes to; the first time counts. */
export async function markDelivered(connection: Queryable, id: string): Promise<void> {
  await connection.query(`UPDATE notice SET delivered_at = COALESCE(delivered_at, clock_timestamp()) WHERE id = $1`, [
    id,
  ]);
}

/** Notes that one channel took a notice; the first time counts. */
export async function markHandedOver(connection: Queryable, id: string, channel: string): Promise<void> {
  await connection.query('INSERT INTO notice_delivery (notice, channel) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    id,
    channel,
  ]);
}

/** The channels that took a notice. */
export async function deliveriesOf(connection: Queryable, id: string): Promise<Set<string>> {
  const { rows } = await connection.query<{ channel: string }>(
    'SELECT channel FROM notice_delivery WHERE notice = $1',
    [id],
  );
  return new Set(rows.map(({ channel }) => channel));
}

/** Has a notice sent by whichever worker comes first. Call it in the transaction that wrote it down. */
export async function leaveToAnyWorker(connection: Queryable, id: string): Promise<void> {
  await connection.query('UPDATE notice SET next_try_at = clock_timestamp() WHERE id = $1 AND tries = 0', [id]);
}

const FIRST_RETRY: Milliseconds = 5_000;
const LAST_RETRY: Milliseconds = 5 * 60_000;

/** Longer than any notice takes to be sent: whoever took it and has not answered for it by then is dead. */
const CLAIMED_FOR: Milliseconds = 5 * 60_000;

/**
 * Notices that were not delivered and are to be tried now, pages first, taken for this worker: nobody else tries them while they are sent. Whoever could
 * not deliver one says so with `leaveUndelivered`. One about a thing of which an earlier one has yet to arrive waits for that: what is over is not
 * opened again by what comes late. They are never given up.
 */
export async function takeUndelivered(connection: Queryable, limit: number): Promise<Notice[]> {
  const { rows } = await connection.query<NoticeRow & Record<string, unknown>>(
    `WITH due AS (
       SELECT n.id FROM notice n WHERE n.delivered_at IS NULL AND n.next_try_at <= clock_timestamp()
          AND NOT EXISTS (
            SELECT FROM notice e
             WHERE e.migration = n.migration AND e.incident = n.incident AND e.id < n.id AND e.delivered_at IS NULL AND e.next_try_at IS NOT NULL
               -- What goes by other ways alone is waited for by nobody.
               AND (e.kinds IS NULL OR n.kinds IS NULL OR e.kinds && n.kinds))
        ORDER BY n.urgency = 'page' DESC, n.next_try_at, n.id LIMIT $1 FOR UPDATE SKIP LOCKED
     ), taken AS (
       UPDATE notice n SET tries = n.tries + 1, next_try_at = clock_timestamp() + $2::float8 * interval '1 millisecond'
         FROM due WHERE n.id = due.id RETURNING n.*
     )
     SELECT once_key AS "onceKey", migration, phase, cohort, kind, urgency, message, team, kinds, incident, incident_state AS "incidentState"
       FROM taken ORDER BY urgency = 'page' DESC, id`,
    [limit, CLAIMED_FOR],
  );
  return rows.map(({ team, kinds, incident, incidentState, ...notice }) => ({
    ...notice,
    ...(team !== null && { team }),
    ...(kinds !== null && { kinds }),
    ...(incident !== null && incidentState !== null && { incident: { key: incident, state: incidentState } }),
  }));
}

/** Leaves a notice that was taken and not delivered to any worker, after a wait that doubles with each try, up to five minutes. */
export async function leaveUndelivered(
  connection: Queryable,
  { migration, onceKey }: Pick<Notice, 'migration' | 'onceKey'>,
): Promise<void> {
  await connection.query(
    `UPDATE notice SET next_try_at =
            clock_timestamp() + least($3::float8 * power(2, least(greatest(tries - 1, 0), 20)), $4::float8) * interval '1 millisecond'
      WHERE migration = $1 AND once_key = $2 AND delivered_at IS NULL`,
    [migration, onceKey, FIRST_RETRY, LAST_RETRY],
  );
}

interface NoticeRow extends Omit<Notice, 'team' | 'kinds' | 'incident'> {
  team: string | null;
  kinds: NonNullable<Notice['kinds']> | null;
  incident: string | null;
  incidentState: NonNullable<Notice['incident']>['state'] | null;
}
