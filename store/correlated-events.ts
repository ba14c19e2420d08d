import type { EventData } from '../domain/events/event-contract';
import type { JourneyEvent } from '../domain/handoffs/match-handoffs';
import type { UnitKeys } from '../domain/sides/units';
import { nameOf, type CorrelationKey } from './correlations';
import { PREPARED, type Queryable } from './database';
import { journeysNaming } from './journeys-naming';
import type { StoredEvent } from './reconcile-journeys';

/** An event of a unit, with what else is known of its journey: not every producer knows each key. */
export interface CorrelatedStoredEvent extends StoredEvent {
  data: EventData;
  ofJourney: readonly StoredEvent[];
}

/** Stands for the start that an occurrence is of, below those that count a journey's own. */
export function ordinalOfStart({ seq }: { seq: string }): number {
  return -1 - Number(BigInt(seq) % 2_147_483_647n);
}

/** The events that name each of these keys, by `nameOf` the key. */
export async function readCorrelatedEvents(
  connection: Queryable,
  keys: readonly CorrelationKey[],
): Promise<ReadonlyMap<string, CorrelatedStoredEvent[]>> {
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
       FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS i (migration, kind, key, n)
      CROSS JOIN LATERAL (${journeysNaming('i.migration', 'i.kind', 'i.key')}) j
      CROSS JOIN LATERAL (SELECT * FROM event w WHERE w.migration = i.migration AND w.journey = j.journey OFFSET 0) e`,
    [keys.map(({ migration }) => migration), keys.map(({ kind }) => kind), keys.map(({ key }) => key)],
    PREPARED,
  );
  const journeys = new Map<string, CorrelatedStoredEvent[]>();
  const events = new Map<string, CorrelatedStoredEvent[]>();
  for (const { at, ...row } of rows) {
    const key = keys[at];
    if (key === undefined) continue;
    const ofJourney = listAt(journeys, `${at} ${row.journey}`);
    const event = { ...row, pending: false, undecided: false, ofJourney };
    ofJourney.push(event);
    const named = key.kind === 'episode' ? row.journey : row.units[key.kind];
    if (named === key.key) listAt(events, nameOf(key)).push(event);
  }
  return events;
}

function listAt(lists: Map<string, CorrelatedStoredEvent[]>, name: string): CorrelatedStoredEvent[] {
  const known = lists.get(name);
  if (known !== undefined) return known;
  const list: CorrelatedStoredEvent[] = [];
  lists.set(name, list);
  return list;
}
