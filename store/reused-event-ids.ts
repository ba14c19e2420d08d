import type { IncomingEvent } from '../domain/events/accept-event';
import type { ReusedIds } from '../domain/status/doctor';
import type { Queryable } from './database';

/** An event whose id another one has already that says something else. */
export interface ReusedEvent extends IncomingEvent {
  migration: string;
}

/** Keeps what such events said, for whoever finds out which of the two is right. Call it in the transaction that refuses them. */
export async function keepReused(connection: Queryable, events: readonly ReusedEvent[]): Promise<void> {
  if (events.length === 0) return;
  await connection.query(
    `INSERT INTO event_id_reused AS r (migration, source, id, content_hash, type, journey, subject, units, time, sequence, data, times)
     SELECT i.migration, i.source, i.id, i.content_hash, min(i.type), min(i.journey), min(i.subject), min(i.units)::jsonb, min(i.time), min(i.sequence),
            min(i.data)::jsonb, count(*)
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::bigint[],
                   $11::text[]) AS i (migration, source, id, content_hash, type, journey, subject, units, time, sequence, data)
      -- In one order, whoever writes several.
      GROUP BY i.migration, i.source, i.id, i.content_hash ORDER BY i.migration, i.source, i.id, i.content_hash
         ON CONFLICT (migration, source, id, content_hash) DO UPDATE SET times = r.times + EXCLUDED.times, last_at = clock_timestamp()`,
    [
      events.map((event) => event.migration),
      events.map((event) => event.source),
      events.map((event) => event.id),
      events.map((event) => event.contentHash),
      events.map((event) => event.type),
      events.map((event) => event.journey),
      events.map((event) => event.subject),
      events.map((event) => JSON.stringify(event.units)),
      events.map((event) => (event.time === null ? null : new Date(event.time).toISOString())),
      events.map((event) => event.sequence),
      events.map((event) => JSON.stringify(event.data)),
    ],
  );
}

/** How many ids each source gave to two different events, the most first. */
export async function countReusedIds(connection: Queryable, migration: string): Promise<ReusedIds[]> {
  const { rows } = await connection.query<Omit<ReusedIds, 'latestAt'> & { latestAt: Date }>(
    `SELECT source, count(*)::float8 AS ids, sum(times)::float8 AS times, max(last_at) AS "latestAt"
       FROM event_id_reused WHERE migration = $1 GROUP BY source ORDER BY ids DESC, source`,
    [migration],
  );
  return rows.map(({ latestAt, ...row }) => ({ ...row, latestAt: latestAt.toISOString() }));
}
