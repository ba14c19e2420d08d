import type { EventToStore, StoredAs } from '../../store/events';
import type { Database } from '../../store/database';

/** One table, with what an event says and the one index that a repeated event is known by. */
export const ONE_TABLE = `
  CREATE TABLE one_table (
    migration text NOT NULL, source text NOT NULL, id text NOT NULL, type text NOT NULL, journey text NOT NULL, subject text NOT NULL,
    units jsonb NOT NULL, time timestamptz, sequence bigint NOT NULL, data jsonb NOT NULL, content_hash text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (migration, source, id)
  )`;

/** Stores events by one INSERT and no more: what the receiver would be without projections. One that is there already is a duplicate. */
export async function storeInOneTable(db: Database, events: readonly EventToStore[]): Promise<StoredAs[]> {
  const { rows } = await db.queryPrepared<{ source: string; id: string }>(
    'one-table',
    `INSERT INTO one_table (migration, source, id, type, journey, subject, units, time, sequence, data, content_hash)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::timestamptz[], $9::bigint[],
                          $10::jsonb[], $11::text[])
     ON CONFLICT DO NOTHING RETURNING source, id`,
    [
      events.map((event) => event.migration),
      events.map((event) => event.source),
      events.map((event) => event.id),
      events.map((event) => event.type),
      events.map((event) => event.journey),
      events.map((event) => event.subject),
      events.map((event) => JSON.stringify(event.units)),
      events.map((event) => (event.time === null ? null : new Date(event.time).toISOString())),
      events.map((event) => event.sequence),
      events.map((event) => JSON.stringify(event.data)),
      events.map((event) => event.contentHash),
    ],
  );
  if (rows.length === events.length) return events.map(() => 'stored');
  const stored = new Set(rows.map(({ source, id }) => `${source}\u0000${id}`));
  return events.map(({ source, id }) => (stored.has(`${source}\u0000${id}`) ? 'stored' : 'duplicate'));
}
