import type { EventData } from '../domain/events/event-contract';
import type { HeardOfKind } from '../domain/handoffs/correlation';
import type { JourneyEvent } from '../domain/handoffs/match-handoffs';
import type { UnitKeys, UnitKind } from '../domain/sides/units';
import { nameOf, type CorrelationKey } from './correlations';
import { PREPARED, type Queryable } from './database';
import { journeysNaming } from './journeys-naming';
import type { JourneyKey } from './occurrence-rows';
import type { NamingEvent, StoredEvent } from './stored-event';

/** An event that names a unit, with its fields. */
export interface CorrelatedStoredEvent extends StoredEvent {
  data: EventData;
}

/** Stands for the start that an occurrence is of, below those that count a journey's own. */
export function ordinalOfStart({ seq }: { seq: string }): number {
  return -1 - Number(BigInt(seq) % 2_147_483_647n);
}

/** A key, and what of its events is wanted. */
export interface WantedEvents extends CorrelationKey {
  heard: HeardOfKind;
}

/**
 * The events that name each of these keys and are heard, by `nameOf` the key. However many others name it, they are not read: the index leads to a type
 * of a journey.
 */
export async function readCorrelatedEvents(
  connection: Queryable,
  wanted: readonly WantedEvents[],
): Promise<ReadonlyMap<string, CorrelatedStoredEvent[]>> {
  const keys = wanted.filter(({ heard }) => heard.types.length > 0);
  if (keys.length === 0) return new Map();
  const { rows } = await connection.query<
    JourneyEvent & {
      at: number;
      seq: string;
      source: string;
      id: string;
      migration: string;
      journey: string;
      subject: string;
      units: UnitKeys;
      data: EventData;
    }
  >(
    `SELECT i.n::integer - 1 AS at, e.seq, e.source, e.id, e.migration, e.journey, e.type, e.subject, e.units, e.data, e.sequence::float8 AS sequence,
            floor(extract(epoch FROM e.time) * 1000)::float8 AS time,
            floor(extract(epoch FROM e.received_at) * 1000)::float8 AS "receivedAt",
            e.source || ' ' || e.id AS identity
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) WITH ORDINALITY AS i (migration, kind, key, types, since, n)
      CROSS JOIN LATERAL (SELECT string_to_array(i.types, ' ') AS types OFFSET 0) h
      CROSS JOIN LATERAL (${journeysNaming('i.migration', 'i.kind', 'i.key')}) j
       JOIN journey o ON o.migration = i.migration AND o.id = j.journey
      CROSS JOIN LATERAL (
        SELECT * FROM event w
         WHERE w.migration = i.migration AND w.journey = j.journey AND w.type = ANY (h.types) AND w.time >= i.since
           AND w.received_at >= coalesce(o.received_from - interval '1 day', '-infinity') OFFSET 0
      ) e`,
    [
      keys.map(({ migration }) => migration),
      keys.map(({ kind }) => kind),
      keys.map(({ key }) => key),
      // No type holds a space.
      keys.map(({ heard }) => heard.types.join(' ')),
      keys.map(({ heard: { since } }) => (since === undefined ? '-infinity' : new Date(since).toISOString())),
    ],
    PREPARED,
  );
  const events = new Map<string, CorrelatedStoredEvent[]>();
  for (const { at, ...row } of rows) {
    const key = keys[at];
    if (key === undefined) continue;
    const named = key.kind === 'episode' ? row.journey : row.units[key.kind];
    if (named === key.key) listAt(events, nameOf(key)).push({ ...row, pending: false, undecided: false });
  }
  return events;
}

/** A journey, and the kinds of units that somebody wants to know. */
export interface WantedUnits extends JourneyKey {
  kinds: readonly UnitKind[];
}

/**
 * What the events of journeys say of their units, as far as `unitKeyOf` needs it: not every producer knows each key. Events are read only of a journey that
 * names several units of a kind; of the one that it names otherwise, one event stands for all.
 */
export async function readNamingEvents(
  connection: Queryable,
  wanted: readonly WantedUnits[],
): Promise<(journey: JourneyKey) => readonly NamingEvent[]> {
  if (wanted.length === 0) return () => [];
  const { rows } = await connection.query<JourneyKey & NamingEvent>(
    `SELECT n.migration, n.journey, coalesce(e.units, jsonb_build_object(n.kind, n.unit)) AS units, coalesce(e.time, 0) AS time, coalesce(e.identity, '') AS identity
       FROM (SELECT u.migration, u.journey, u.kind, min(u.unit) AS unit, count(*) > 1 AS several
               FROM (SELECT DISTINCT w.migration, w.journey, w.kind FROM unnest($1::text[], $2::text[], $3::text[]) AS w (migration, journey, kind)) i
               JOIN journey_unit u ON u.migration = i.migration AND u.journey = i.journey AND u.kind = i.kind
              GROUP BY u.migration, u.journey, u.kind) n
       LEFT JOIN LATERAL (
         SELECT w.units, floor(extract(epoch FROM w.time) * 1000)::float8 AS time, w.source || ' ' || w.id AS identity
           FROM event w WHERE n.several AND w.migration = n.migration AND w.journey = n.journey AND w.units ? n.kind OFFSET 0
       ) e ON n.several`,
    [
      wanted.flatMap(({ migration, kinds }) => kinds.map(() => migration)),
      wanted.flatMap(({ journey, kinds }) => kinds.map(() => journey)),
      wanted.flatMap(({ kinds }) => kinds),
    ],
    PREPARED,
  );
  const events = new Map<string, NamingEvent[]>();
  for (const row of rows) listAt(events, `${row.migration} ${row.journey}`).push(row);
  return ({ migration, journey }) => events.get(`${migration} ${journey}`) ?? [];
}

function listAt<One>(lists: Map<string, One[]>, name: string): One[] {
  const known = lists.get(name);
  if (known !== undefined) return known;
  const list: One[] = [];
  lists.set(name, list);
  return list;
}
