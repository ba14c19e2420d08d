import { PREPARED, type Queryable } from './database';
import type { JourneyKey } from './occurrence-rows';
import { wholeMilliseconds } from './sql-time';
import type { StoredEvent } from './stored-event';

interface JourneyRow {
  /** Its place among those that were asked for, from 1. */
  of: number;
  now: number;
  messages: string;
  never: boolean;
  more: boolean;
}

/** A row of an event, with the place of its journey. */
interface EventRow extends Omit<StoredEvent, 'migration' | 'journey' | 'identity' | 'pending'> {
  of: number;
}

export interface ReadJourneys {
  /** Of each journey. */
  events: readonly StoredEvent[][];
  /** A moment before which nothing is received any more, unless the number of messages grew. */
  now: number;
  /** How many messages had brought each journey's events. */
  counts: readonly string[];
  /** Those that no matcher has looked at yet: nothing is written of them. */
  never: readonly boolean[];
}

/**
 * Each journey's events, all in the order of the journeys. What came while they were read is among them, and not among the messages that are counted: the
 * count is read first.
 */
export async function readEvents(connection: Queryable, journeys: readonly JourneyKey[]): Promise<ReadJourneys> {
  const keys = [journeys.map((key) => key.migration), journeys.map((key) => key.journey)];
  const before = await connection.query<JourneyRow>(
    `WITH n AS MATERIALIZED (SELECT clock_timestamp() AS at)
     SELECT i.n::integer AS "of", ${wholeMilliseconds('n.at')} AS now, j.events AS messages, j.matched IS NOT DISTINCT FROM 0 AS never,
            coalesce(j.events > j.matched, false) AS more
       FROM n, unnest($1::text[], $2::text[]) WITH ORDINALITY AS i (migration, journey, n)
       JOIN journey j ON j.migration = i.migration AND j.id = i.journey`,
    keys,
    PREPARED,
  );
  const { rows } = await connection.query<EventRow>(
    `SELECT i.n::integer AS "of", e.seq, e.source, e.id, e.type, e.subject, e.units, e.data, e.sequence::float8 AS sequence,
            ${wholeMilliseconds('e.time')} AS time, ${wholeMilliseconds('e.received_at')} AS "receivedAt", e.disposition IS NULL AS undecided
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS i (migration, journey, n)
       JOIN journey j ON j.migration = i.migration AND j.id = i.journey
      CROSS JOIN LATERAL (
        SELECT * FROM event w
         WHERE w.migration = i.migration AND w.journey = i.journey AND w.received_at >= coalesce(j.received_from - interval '1 day', '-infinity') OFFSET 0
      ) e`,
    keys,
    PREPARED,
  );
  const events = journeys.map((): StoredEvent[] => []);
  const counts = journeys.map(() => '0');
  const never = journeys.map(() => false);
  const more = journeys.map(() => false);
  for (const row of before.rows) {
    const place = row.of - 1;
    counts[place] = row.messages;
    never[place] = row.never;
    more[place] = row.more;
  }
  for (const row of rows) {
    const place = row.of - 1;
    const { migration, journey } = journeys[place] ?? { migration: '', journey: '' };
    // Member by member: it runs for every event.
    events[place]?.push({
      migration,
      journey,
      seq: row.seq,
      source: row.source,
      id: row.id,
      identity: `${row.source} ${row.id}`,
      type: row.type,
      subject: row.subject,
      units: row.units,
      data: row.data,
      sequence: row.sequence,
      time: row.time,
      receivedAt: row.receivedAt,
      undecided: row.undecided,
      pending: row.undecided || more[place] === true,
    });
  }
  return { events, now: before.rows[0]?.now ?? 0, counts, never };
}
