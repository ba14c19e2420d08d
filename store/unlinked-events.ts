import type { EventContent } from '../domain/events/accept-event';
import { judgedAgainAfter, type UnlinkedBecause, type VendorEvent } from '../domain/crosswalk/vendor-event';
import type { UnitKeys } from '../domain/sides/units';
import type { Milliseconds } from '../domain/time/duration';
import type { Queryable } from './database';

/** What a vendor said of which nobody knows whose it is; its ids by their numbers. */
export interface SightedEvent extends EventContent {
  source: string;
  id: string;
  type: string | null;
  stated: UnitKeys;
  pairs: VendorEvent['pairs'];
  contentHash: string;
  vendorIds: readonly string[];
  /** The episode that somebody says it belongs to. */
  filedUnder?: string | null;
}

export interface EventToHold extends SightedEvent {
  because: UnlinkedBecause;
  /** Whether it names an episode or a visitor of ours. */
  namesUnit: boolean;
  /** Of the case that it is in; null: it has none. */
  cause: string | null;
}

/** How a held event ended. */
export type HeldOutcome = 'stored' | 'noted' | 'refused' | 'givenUp';

/** An event that was held, or is. */
export interface KnownHeld {
  contentHash: string;
  outcome: HeldOutcome | null;
  because: UnlinkedBecause;
}

/** Those of these events that are held or were, by source and id. */
export async function readHeld(
  connection: Queryable,
  migration: string,
  events: readonly { source: string; id: string }[],
): Promise<(event: { source: string; id: string }) => KnownHeld | undefined> {
  if (events.length === 0) return () => undefined;
  const { rows } = await connection.query<KnownHeld & { source: string; id: string }>(
    `SELECT u.source, u.id, u.content_hash AS "contentHash", u.outcome, u.because
       FROM unnest($2::text[], $3::text[]) AS i (source, id)
       JOIN unlinked_event u ON u.migration = $1 AND u.source = i.source AND u.id = i.id`,
    [migration, events.map(({ source }) => source), events.map(({ id }) => id)],
  );
  const held = new Map(rows.map((row) => [`${row.source} ${row.id}`, row]));
  return ({ source, id }) => held.get(`${source} ${id}`);
}

/** Holds events, each once. Gives those that were not held before, by their places. */
export async function holdEvents(
  connection: Queryable,
  migration: string,
  events: readonly EventToHold[],
): Promise<ReadonlySet<number>> {
  if (events.length === 0) return new Set();
  const inOrder = [...events.entries()].sort(([, a], [, b]) => compare(`${a.source} ${a.id}`, `${b.source} ${b.id}`));
  const sorted = inOrder.map(([, event]) => event);
  const { rows } = await connection.query<{ number: string; source: string; id: string }>(
    `INSERT INTO unlinked_event (migration, source, id, type, time, sequence, data, stated, pairs, content_hash, because, cause, due_at)
     SELECT $1, i.source, i.id, i.type, i.time, i.sequence, i.data, i.stated, i.pairs, i.content_hash, i.because, i.cause,
            clock_timestamp() + i.again * interval '1 millisecond'
       FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[], $7::jsonb[], $8::jsonb[], $9::jsonb[], $10::text[], $11::text[], $12::text[],
                   $13::float8[]) WITH ORDINALITY
              AS i (source, id, type, time, sequence, data, stated, pairs, content_hash, because, cause, again, at)
      ORDER BY i.at
     ON CONFLICT (migration, source, id) DO NOTHING
     RETURNING number, source, id`,
    [
      migration,
      sorted.map(({ source }) => source),
      sorted.map(({ id }) => id),
      sorted.map(({ type }) => type),
      sorted.map(({ time }) => (time === null ? null : new Date(time).toISOString())),
      sorted.map(({ sequence }) => sequence),
      sorted.map(({ data }) => JSON.stringify(data)),
      sorted.map(({ stated }) => JSON.stringify(stated)),
      sorted.map(({ pairs }) => JSON.stringify(pairs)),
      sorted.map(({ contentHash }) => contentHash),
      sorted.map(({ because }) => because),
      sorted.map(({ cause }) => cause),
      sorted.map(({ because, namesUnit }) => judgedAgainAfter(because, { namesUnit, age: 0 })),
    ],
  );
  const numbers = new Map(rows.map(({ number, source, id }) => [`${source} ${id}`, number]));
  const held = inOrder.flatMap(([at, event]) => {
    const number = numbers.get(`${event.source} ${event.id}`);
    // The first of an identity is the one that is held.
    numbers.delete(`${event.source} ${event.id}`);
    return number === undefined ? [] : [{ at, number, vendorIds: event.vendorIds }];
  });
  const ids = held.flatMap(({ number, vendorIds }) =>
    [...new Set(vendorIds)].map((vendorId) => ({ number, vendorId })),
  );
  await connection.query(
    'INSERT INTO unlinked_event_id (event, vendor_id) SELECT i.event, i.vendor_id FROM unnest($1::bigint[], $2::bigint[]) AS i (event, vendor_id)',
    [ids.map(({ number }) => number), ids.map(({ vendorId }) => vendorId)],
  );
  return new Set(held.map(({ at }) => at));
}

/** A held event whose row this transaction holds. */
export interface HeldEvent extends SightedEvent {
  number: string;
  /** How long it is held. */
  age: Milliseconds;
  because: UnlinkedBecause;
  cause: string | null;
}

/**
 * The migrations and numbers of those that are to be judged again, the earliest that happened first, so that what is stored in one go is stored in order.
 * Locks nothing: hold the ids' rows first.
 */
export async function findDue(
  connection: Queryable,
  limit: number,
): Promise<{ migration: string; number: string; vendorIds: string[] }[]> {
  const { rows } = await connection.query<{ migration: string; number: string; vendorIds: string[] }>(
    `WITH due AS MATERIALIZED (
       SELECT u.migration, u.number, coalesce(u.time, u.received_at) AS at, u.sequence FROM unlinked_event u
        WHERE u.outcome IS NULL AND u.due_at <= statement_timestamp()
        ORDER BY u.due_at, coalesce(u.time, u.received_at), u.sequence, u.number LIMIT $1
     )
     SELECT d.migration, d.number, array(SELECT i.vendor_id::text FROM unlinked_event_id i WHERE i.event = d.number) AS "vendorIds"
       FROM due d ORDER BY d.at, d.sequence, d.number`,
    [limit],
  );
  return rows;
}

/** Those of these numbers that are still held, and due unless all are wanted, in the order in which they happened. Their rows are held until the transaction ends. */
export async function claimHeld(
  connection: Queryable,
  migration: string,
  numbers: readonly string[],
  which: 'due' | 'all',
): Promise<HeldEvent[]> {
  const { rows } = await connection.query<HeldEvent & Record<string, unknown>>(
    `WITH held AS MATERIALIZED (
       SELECT u.* FROM unlinked_event u
        WHERE u.migration = $1 AND u.number = ANY ($2::bigint[]) AND u.outcome IS NULL AND ($3 = 'all' OR u.due_at <= clock_timestamp())
        ORDER BY u.number FOR UPDATE
     )
     SELECT h.number, h.source, h.id, h.type, floor(extract(epoch FROM coalesce(h.time, h.received_at)) * 1000)::float8 AS time,
            h.sequence::float8 AS sequence, h.data, h.stated, h.pairs, h.content_hash AS "contentHash", h.because, h.cause, h.filed_under AS "filedUnder",
            (extract(epoch FROM clock_timestamp() - h.received_at) * 1000)::float8 AS age,
            array(SELECT i.vendor_id::text FROM unlinked_event_id i WHERE i.event = h.number ORDER BY i.vendor_id) AS "vendorIds"
       FROM held h ORDER BY coalesce(h.time, h.received_at), h.sequence, h.number`,
    [migration, numbers, which],
  );
  return rows;
}

/** Writes down how held events ended. */
export async function endHeld(
  connection: Queryable,
  ended: readonly { number: string; outcome: HeldOutcome }[],
): Promise<void> {
  if (ended.length === 0) return;
  await connection.query(
    `UPDATE unlinked_event u SET outcome = i.outcome, ended_at = clock_timestamp(), due_at = NULL
       FROM unnest($1::bigint[], $2::text[]) AS i (number, outcome) WHERE u.number = i.number AND u.outcome IS NULL`,
    [ended.map(({ number }) => number), ended.map(({ outcome }) => outcome)],
  );
}

/** Goes on holding events: why, in which case, and until something of them is linked, or for a while. */
export async function keepHeld(
  connection: Queryable,
  kept: readonly (Pick<EventToHold, 'because' | 'namesUnit' | 'cause'> & Pick<HeldEvent, 'number' | 'age'>)[],
): Promise<void> {
  if (kept.length === 0) return;
  await connection.query(
    `UPDATE unlinked_event u SET because = i.because, cause = i.cause, due_at = clock_timestamp() + i.again * interval '1 millisecond'
       FROM unnest($1::bigint[], $2::text[], $3::text[], $4::float8[]) AS i (number, because, cause, again) WHERE u.number = i.number`,
    [
      kept.map(({ number }) => number),
      kept.map(({ because }) => because),
      kept.map(({ cause }) => cause),
      kept.map(({ because, namesUnit, age }) => judgedAgainAfter(because, { namesUnit, age })),
    ],
  );
}

/** Puts off what could not be judged, so that it holds up nothing else. */
export async function putOff(connection: Queryable, numbers: readonly string[], by: Milliseconds): Promise<void> {
  await connection.query(
    `UPDATE unlinked_event SET due_at = clock_timestamp() + $2::float8 * interval '1 millisecond' WHERE number = ANY ($1::bigint[]) AND outcome IS NULL`,
    [numbers, by],
  );
}

/** How many are held of a migration, by why. */
export async function countHeld(
  connection: Queryable,
  migration: string,
): Promise<{ because: UnlinkedBecause; events: number; oldest: Date }[]> {
  const { rows } = await connection.query<{ because: UnlinkedBecause; events: number; oldest: Date }>(
    `SELECT because, count(*)::float8 AS events, min(received_at) AS oldest FROM unlinked_event
      WHERE migration = $1 AND outcome IS NULL GROUP BY because ORDER BY because`,
    [migration],
  );
  return rows;
}

/** The same of one case. */
export async function countHeldOf(
  connection: Queryable,
  migration: string,
  cause: string,
): Promise<{ because: UnlinkedBecause; events: number }[]> {
  const { rows } = await connection.query<{ because: UnlinkedBecause; events: number }>(
    `SELECT because, count(*)::float8 AS events FROM unlinked_event
      WHERE migration = $1 AND cause = $2 AND outcome IS NULL GROUP BY because ORDER BY because`,
    [migration, cause],
  );
  return rows;
}

/** How many two people gave up for lost, of a migration or of one case. */
export async function countGivenUp(connection: Queryable, migration: string, cause?: string): Promise<number> {
  const { rows } = await connection.query<{ events: number }>(
    `SELECT count(*)::float8 AS events FROM unlinked_event WHERE migration = $1 AND outcome = 'givenUp' AND ($2::text IS NULL OR cause = $2)`,
    [migration, cause ?? null],
  );
  return rows[0]?.events ?? 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
