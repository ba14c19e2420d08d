import type { IncomingEvent } from '../domain/events/accept-event';
import type { EventTally } from '../domain/status/migration-status';
import { UNIT_KINDS, type UnitKind } from '../domain/sides/units';
import type { Milliseconds } from '../domain/time/duration';
import type { Correlated } from '../domain/handoffs/correlation';
import { closeUnits, type UnitToClose } from './close-units';
import { noteCorrelations } from './correlations';
import { PREPARED, type Database, type Queryable } from './database';
import { holdLinks } from './hold-links';
import { keepReused } from './reused-event-ids';
import { sentRows } from './sent-rows';

export interface EventToStore extends IncomingEvent {
  migration: string;
  /** The plan's, on the migration's clock. */
  lateness: Milliseconds;
  /** Units that are done with their phases by it; see `unitsClosedBy`. */
  closes?: readonly UnitToClose[];
  /** What it is matched with besides its journey; see `correlatedUnits`. */
  correlated?: readonly Correlated[];
  /** What it does, where that is known: null or absent where a matcher has to say. */
  disposition?: Disposition | null;
}

/** `matched`: a handoff or a queue listens to its type. */
export type Disposition = 'matched' | 'unlistened';

/** `reused`: another event has this (source, id) already; nothing was stored. */
export type StoredAs = 'stored' | 'duplicate' | 'reused';

export interface Expected {
  /** None of them was sent before: they are stored faster if that is so, and slower if not. */
  allNew?: boolean;
}

/**
 * Stores events, each (migration, source, id) exactly once (I5), and makes their journeys due. What it answers is committed.
 * All of them in one transaction, with the units that they close; the answers are in the order of the events.
 */
export async function storeEvents(
  db: Database,
  events: readonly EventToStore[],
  expected?: Expected,
): Promise<StoredAs[]> {
  if (events.length === 0) return [];
  return db.transaction((connection) => storeEventsWith(connection, events, expected), { byIndex: true });
}

/** The same in a transaction of the caller's, which holds nothing that others take after an event's identity. */
export async function storeEventsWith(
  connection: Queryable,
  events: readonly EventToStore[],
  { allNew = false }: Expected = {},
): Promise<StoredAs[]> {
  if (events.length === 0) return [];
  const identities = events.map(identityOf);
  const first = firstOfEachIdentity(events, identities);
  // Identities are written in one order and before any journey is locked, journeys in one order too: no two of these wait for each other.
  const inOrder = [...first].sort(([a], [b]) => compare(a, b));
  const given = await takeIdentities(
    connection,
    inOrder.map(([, event]) => event),
    allNew,
  );
  const taken = new Set<string>();
  const fresh: EventToStore[] = [];
  const numbers: string[] = [];
  const others: EventToStore[] = [];
  for (const [place, [identity, event]] of inOrder.entries()) {
    const number = given[place] ?? null;
    if (number === null) others.push(event);
    else {
      taken.add(identity);
      fresh.push(event);
      numbers.push(number);
    }
  }
  const known = await contentHashes(connection, others);
  if (fresh.length > 0) {
    const journeys = fresh.map(journeyOf);
    const patients = await lockJourneys(connection, fresh, journeys);
    await noteUnits(connection, fresh, journeys, patients);
    await lockCorrelations(connection, fresh);
    await insertEvents(connection, fresh, numbers);
    await closeUnits(
      connection,
      fresh.flatMap(({ closes = [] }) => closes),
    );
  }
  const answered = new Set<string>();
  const storedAs = events.map((event, index): StoredAs => {
    const identity = identities[index] ?? '';
    const original = taken.has(identity) ? first.get(identity)?.contentHash : known.get(identity);
    // The first of an identity is the one that was stored; those after it repeat it, or are others.
    const isFirst = !answered.has(identity);
    answered.add(identity);
    if (original !== event.contentHash) return 'reused';
    return taken.has(identity) && isFirst ? 'stored' : 'duplicate';
  });
  await keepReused(
    connection,
    events.filter((_, index) => storedAs[index] === 'reused'),
  );
  return storedAs;
}

/**
 * What became of a migration's events, the archived ones among them. Those of a journey that a matcher has to look at are pending. Reads as
 * many journeys as are due, and no events but those that a matcher has to say something of.
 */
export async function countEvents(connection: Queryable, migration: string): Promise<EventTally> {
  const { rows } = await connection.query<EventTally>(
    `WITH tally AS (
       SELECT coalesce(sum(t.stored), 0) AS stored, coalesce(sum(t.unlistened), 0) AS unlistened FROM event_tally t WHERE t.migration = $1
     ), pending AS (
       SELECT coalesce((SELECT sum(j.events - j.matched) FROM journey j
                         WHERE j.due_at <= statement_timestamp() + interval '1 minute' AND j.migration = $1 AND j.events > j.matched), 0)
            + (SELECT count(*) FROM event e LEFT JOIN journey j ON j.migration = e.migration AND j.id = e.journey
                WHERE e.migration = $1 AND e.disposition IS NULL AND (j.events > j.matched) IS NOT TRUE) AS events
     )
     SELECT t.stored::float8 AS stored, t.unlistened::float8 AS unlistened, p.events::float8 AS pending,
            greatest(t.stored - t.unlistened - p.events, 0)::float8 AS matched
       FROM tally t, pending p`,
    [migration],
  );
  return rows[0] ?? { stored: 0, matched: 0, unlistened: 0, pending: 0 };
}

interface IdentityKey {
  migration: string;
  source: string;
  id: string;
}

/** A source may hold any sign but this one: it is not printable, and none of the three allows it. */
function identityOf({ migration, source, id }: IdentityKey): string {
  return `${migration}\u0000${source}\u0000${id}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function firstOfEachIdentity(
  events: readonly EventToStore[],
  identities: readonly string[],
): Map<string, EventToStore> {
  const first = new Map<string, EventToStore>();
  for (const [index, event] of events.entries()) {
    const identity = identities[index] ?? '';
    if (!first.has(identity)) first.set(identity, event);
  }
  return first;
}

/** Number of each event, in their order; null where its identity was taken. Waits for whoever is taking the same one. */
async function takeIdentities(
  connection: Queryable,
  events: readonly EventToStore[],
  allNew: boolean,
): Promise<(string | null)[]> {
  if (events.length === 0) return [];
  const { rows } = await connection.query<{ numbers: (string | null)[] }>(
    'SELECT take_event_identities($1, $2, $3, $4, $5) AS numbers',
    [
      events.map((event) => event.migration),
      events.map((event) => event.source),
      events.map((event) => event.id),
      events.map((event) => event.contentHash),
      allNew,
    ],
    PREPARED,
  );
  return rows[0]?.numbers ?? [];
}

async function contentHashes(connection: Queryable, keys: readonly IdentityKey[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const { rows } = await connection.query<IdentityKey & { contentHash: string }>(
    `SELECT i.migration, i.source, i.id, e.content_hash AS "contentHash"
       FROM unnest($1::text[], $2::text[], $3::text[]) AS i (migration, source, id)
       JOIN event_identity e ON e.migration = i.migration AND e.source = i.source AND e.id = i.id`,
    [keys.map((key) => key.migration), keys.map((key) => key.source), keys.map((key) => key.id)],
  );
  return new Map(rows.map((row) => [identityOf(row), row.contentHash]));
}

/** A journey that events came for; times in milliseconds since 1970, null where none says one. */
interface ArrivedJourney {
  key: string;
  migration: string;
  id: string;
  subject: string;
  first: number | null;
  last: number | null;
  events: number;
}

/**
 * Makes the events' journeys due, and holds each one's row until the transaction ends: a matcher passes by.
 * @param journeys of each event, as `journeyOf` names it
 * @returns whom each is of; null where it began with these
 */
async function lockJourneys(
  connection: Queryable,
  events: readonly EventToStore[],
  journeys: readonly string[],
): Promise<Map<string, string | null>> {
  const arrived = new Map<string, ArrivedJourney>();
  for (const [index, { migration, journey, subject, time }] of events.entries()) {
    const key = journeys[index] ?? '';
    const row = arrived.get(key);
    if (row === undefined) {
      arrived.set(key, { key, migration, id: journey, subject, first: time, last: time, events: 1 });
      continue;
    }
    row.events += 1;
    if (time !== null) {
      row.first = row.first === null ? time : Math.min(row.first, time);
      row.last = row.last === null ? time : Math.max(row.last, time);
    }
  }
  const inOrder = [...arrived.values()].sort((a, b) => compare(a.key, b.key));
  const { rows } = await connection.query<{ migration: string; journey: string; patient: string | null }>(
    `INSERT INTO journey AS j (migration, id, subject, first_at, last_at, due_at, events, matched, received_from)
     SELECT i.migration, i.id, i.subject, coalesce(to_timestamp(i.first_at / 1000), clock_timestamp()),
            coalesce(to_timestamp(i.last_at / 1000), clock_timestamp()), clock_timestamp(), i.events, 0, clock_timestamp()
       FROM ${sentRows('migration text, id text, subject text, first_at float8, last_at float8, events integer')} AS i
     ON CONFLICT (migration, id) DO UPDATE
       SET first_at = least(j.first_at, EXCLUDED.first_at),
           last_at = greatest(j.last_at, EXCLUDED.last_at),
           due_at = least(j.due_at, EXCLUDED.due_at),
           events = j.events + EXCLUDED.events,
           matched = coalesce(j.matched, j.events)
     RETURNING migration, id AS journey, CASE WHEN xmax <> 0 THEN subject END AS patient`,
    [
      inOrder.map((row) => row.migration),
      inOrder.map((row) => row.id),
      inOrder.map((row) => row.subject),
      inOrder.map((row) => row.first),
      inOrder.map((row) => row.last),
      inOrder.map((row) => row.events),
    ],
    PREPARED,
  );
  return new Map(rows.map((row) => [journeyOf(row), row.patient]));
}

function journeyOf({ migration, journey }: { migration: string; journey: string }): string {
  return `${migration}\u0000${journey}`;
}

/**
 * Which journeys name a unit, of those units that are not known to be named: the first event of a journey names its patient, and what one that
 * was stored before names is there. Nobody else writes a journey's while its row is held.
 */
async function noteUnits(
  connection: Queryable,
  events: readonly EventToStore[],
  journeys: readonly string[],
  patients: ReadonlyMap<string, string | null>,
): Promise<void> {
  const named = new Map<string, { migration: string; kind: UnitKind; unit: string; journey: string }>();
  for (const [index, { migration, journey, units }] of events.entries()) {
    const patient = patients.get(journeys[index] ?? '');
    for (const kind of UNIT_KINDS) {
      const unit = units[kind];
      if (unit === undefined || (kind === 'patient' && unit === patient)) continue;
      // Of an episode it is the journey of its key.
      if (kind === 'episode' && unit === journey) continue;
      named.set(`${kind}\u0000${unit}\u0000${journey}\u0000${migration}`, { migration, kind, unit, journey });
    }
  }
  if (named.size === 0) return;
  const rows = [...named.values()];
  await connection.query(
    `INSERT INTO journey_unit (migration, kind, unit, journey)
     SELECT * FROM ${sentRows('migration text, kind text, unit text, journey text')} AS i ON CONFLICT DO NOTHING`,
    [
      rows.map(({ migration }) => migration),
      rows.map(({ kind }) => kind),
      rows.map(({ unit }) => unit),
      rows.map(({ journey }) => journey),
    ],
    PREPARED,
  );
}

/** The same for what they are matched with besides. The links come first: whoever links holds them, and makes the same rows due. */
async function lockCorrelations(connection: Queryable, events: readonly EventToStore[]): Promise<void> {
  const keys = events.flatMap(({ migration, correlated = [] }) => correlated.map((one) => ({ migration, ...one })));
  if (keys.length === 0) return;
  await holdLinks(connection, new Set(keys.map(({ migration }) => migration)));
  await noteCorrelations(connection, keys);
}

/**
 * I6: `received_at` is read while the journeys are locked. A matcher that made something final did so under the same lock,
 * so at an earlier moment, and nothing received later counts before that moment less the lateness.
 */
async function insertEvents(
  connection: Queryable,
  events: readonly EventToStore[],
  numbers: readonly string[],
): Promise<void> {
  await connection.query(
    `WITH received AS MATERIALIZED (SELECT clock_timestamp() AS at, set_config('handoff.units_noted', 'on', true))
     INSERT INTO event (seq, migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at, disposition)
     OVERRIDING SYSTEM VALUE
     SELECT i.seq, i.migration, i.source, i.id, i.type, i.journey, i.subject, i.units, coalesce(t.time, r.at), i.sequence,
            greatest(coalesce(t.time, r.at), r.at - i.lateness * interval '1 millisecond'), i.data, r.at, i.disposition
       FROM ${sentRows(
         'seq bigint, migration text, source text, id text, type text, journey text, subject text, units jsonb, time float8, sequence bigint, lateness float8, data jsonb, disposition text',
       )} AS i
      CROSS JOIN LATERAL (SELECT to_timestamp(i.time / 1000) AS time) t, received r`,
    [
      numbers,
      events.map((event) => event.migration),
      events.map((event) => event.source),
      events.map((event) => event.id),
      events.map((event) => event.type),
      events.map((event) => event.journey),
      events.map((event) => event.subject),
      events.map((event) => JSON.stringify(event.units)),
      events.map((event) => event.time),
      events.map((event) => event.sequence),
      events.map((event) => event.lateness),
      events.map((event) => JSON.stringify(event.data)),
      events.map((event) => event.disposition ?? null),
    ],
    PREPARED,
  );
}
