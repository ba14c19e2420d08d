import { tooOld } from '../domain/events/too-old';
import type { EventContract } from '../domain/events/event-contract';
import type { Refused } from '../domain/events/event-refusal';
import type { Queryable } from './database';

interface Happened {
  source: string;
  id: string;
  /** null: nothing did; ids are told alone. */
  type: string | null;
  time: number | null;
}

/**
 * Those of a migration's events that happened longer ago than its plan keeps events, each with its refusal. What came before, and was archived since, is
 * none of them: its identity stays, and a repetition is answered as one however late it is (I5). Asks nothing where none is old.
 * @param now milliseconds since 1970
 */
export async function refuseTooOld<Event extends Happened>(
  connection: Queryable,
  { migration, contract, now }: { migration: string; contract: EventContract; now: number },
  events: readonly Event[],
): Promise<Map<Event, Refused>> {
  const refusals = new Map<Event, Refused>();
  for (const event of events) {
    const refusal = event.type === null ? undefined : tooOld(event.time, contract, now);
    if (refusal !== undefined) refusals.set(event, refusal);
  }
  const old = [...refusals.keys()];
  if (old.length === 0) return refusals;
  const isKnown = await knownEventIds(connection, migration, old);
  for (const event of old) if (isKnown(event)) refusals.delete(event);
  return refusals;
}

/** Which of these ids are those of events that were taken in before, stored, archived or held. */
export async function knownEventIds(
  connection: Queryable,
  migration: string,
  events: readonly Pick<Happened, 'source' | 'id'>[],
): Promise<(event: Pick<Happened, 'source' | 'id'>) => boolean> {
  if (events.length === 0) return () => false;
  const { rows } = await connection.query<{ source: string; id: string }>(
    `SELECT i.source, i.id FROM unnest($2::text[], $3::text[]) AS i (source, id)
      WHERE EXISTS (SELECT FROM event_identity e WHERE e.migration = $1 AND e.source = i.source AND e.id = i.id)
         OR EXISTS (SELECT FROM unlinked_event u WHERE u.migration = $1 AND u.source = i.source AND u.id = i.id)`,
    [migration, events.map(({ source }) => source), events.map(({ id }) => id)],
  );
  const known = new Set(rows.map(nameOf));
  return (event) => known.has(nameOf(event));
}

/** A source may hold any sign but this one. */
function nameOf({ source, id }: Pick<Happened, 'source' | 'id'>): string {
  return `${source}\u0000${id}`;
}
