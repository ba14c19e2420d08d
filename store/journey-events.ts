import { PREPARED, type Queryable } from './database';
import type { JourneyKey } from './occurrence-rows';
import { wholeMilliseconds } from './sql-time';
import type { StoredEvent } from './stored-event';

/** A row of an event, with the place of its journey among those that were asked for. */
type EventRow = Omit<StoredEvent, 'migration' | 'journey' | 'identity'> & { of: number; now: number; messages: string };

/**
 * Each journey's events, in the order of the journeys, how many messages brought them, and a moment before which nothing is received any more, unless that
 * number grew.
 */
export async function readEvents(
  connection: Queryable,
  journeys: readonly JourneyKey[],
): Promise<{ events: readonly StoredEvent[][]; now: number; counts: readonly string[] }> {
  const { rows } = await connection.query<EventRow>(
    `WITH n AS MATERIALIZED (SELECT clock_timestamp() AS at)
     SELECT i.n::integer AS "of", e.seq, e.source, e.id, e.type, e.subject, e.units, e.data, e.sequence::float8 AS sequence,
            ${wholeMilliseconds('e.time')} AS time, ${wholeMilliseconds('e.received_at')} AS "receivedAt",
            e.disposition IS NULL AS undecided, e.disposition IS NULL OR coalesce(j.events > j.matched, false) AS pending,
            ${wholeMilliseconds('n.at')} AS now, j.events AS messages
       FROM n, unnest($1::text[], $2::text[]) WITH ORDINALITY AS i (migration, journey, n)
       JOIN journey j ON j.migration = i.migration AND j.id = i.journey
      CROSS JOIN LATERAL (
        SELECT * FROM event w
         WHERE w.migration = i.migration AND w.journey = i.journey AND w.received_at >= coalesce(j.received_from - interval '1 day', '-infinity') OFFSET 0
      ) e`,
    [journeys.map((key) => key.migration), journeys.map((key) => key.journey)],
    PREPARED,
  );
  const events = journeys.map((): StoredEvent[] => []);
  const counts = journeys.map(() => '0');
  for (const row of rows) {
    const place = row.of - 1;
    const { migration, journey } = journeys[place] ?? { migration: '', journey: '' };
    const { seq, source, id, type, subject, units, data, sequence, time, receivedAt, undecided, pending } = row;
    const identity = `${source} ${id}`;
    events[place]?.push({
      ...{
        seq,
        source,
        id,
        migration,
        journey,
        type,
        subject,
        units,
        data,
        sequence,
        time,
        receivedAt,
        identity,
        undecided,
        pending,
      },
    });
    counts[place] = row.messages;
  }
  return { events, now: rows[0]?.now ?? 0, counts };
}
