import type { Queryable } from './database';
import { journeysNaming } from './journeys-naming';

/** The names of unit `u` of kind $4 in migration $1: every key that events may name it by, whichever it is placed under. */
const NAMES = `
  SELECT array_agg(k.kind) AS kinds, array_agg(k.unit) AS units FROM event_keys_of($1, $4::text, u.unit) AS k (kind, unit)`;

/** The same where no key of the migration is linked to another: about two thirds of the time. */
const NAMES_UNLINKED = `
  SELECT CASE $4::text WHEN 'patient' THEN ARRAY['patient', 'visitor'] ELSE ARRAY[$4::text] END AS kinds,
         CASE $4::text WHEN 'patient' THEN ARRAY[u.unit, u.unit] ELSE ARRAY[u.unit] END AS units`;

/**
 * The events of unit `u` of kind $4 in migration $1: those that name the unit, or are of a journey that does and name no other unit of that kind,
 * since not every producer knows each key. A patient's may be named by the visitor that they were. OFFSET 0 keeps the planner on the indexes.
 */
const eventsOfUnit = (names: string): string => `
  SELECT e.type, e.time, e.journey
    FROM (${names}) k
   CROSS JOIN LATERAL (
           SELECT n.journey FROM unnest(k.kinds, k.units) AS name (kind, unit)
            CROSS JOIN LATERAL (${journeysNaming('$1', 'name.kind', 'name.unit')}) n
            GROUP BY n.journey
         ) j
   CROSS JOIN LATERAL (
           SELECT e.type, e.time, e.journey FROM event e
            WHERE e.migration = $1 AND e.journey = j.journey
              AND (coalesce(e.units ->> $4 = ANY (k.units), true) OR ($4 = 'patient' AND e.units ->> 'visitor' = ANY (k.units))) OFFSET 0
         ) e`;

/**
 * The open journeys of unit `u` of kind $4 in migration $1: each in which a handoff is open or an event waits to be matched, and always the last one
 * that the unit was seen in. None where nothing was reported of it. A journey with an event that waits is due: a worker of an earlier release
 * clears that, and writes no `matched`.
 */
const openJourneys = (names: string): string => `
  SELECT j.journey, j.subject
    FROM (SELECT n.journey, n.subject, row_number() OVER (ORDER BY n.time DESC, n.sequence DESC, n.seq DESC) AS age
            FROM (SELECT DISTINCT ON (e.journey) e.journey, e.subject, e.time, e.sequence, e.seq
                    FROM (${names}) n CROSS JOIN LATERAL unnest(n.kinds, n.units) AS k (kind, unit)
                   CROSS JOIN LATERAL (${journeysNaming('$1', 'k.kind', 'k.unit')}) named
                   CROSS JOIN LATERAL (
                     SELECT e.* FROM event e WHERE e.migration = $1 AND e.journey = named.journey AND e.units ->> k.kind = k.unit OFFSET 0
                   ) e
                   ORDER BY e.journey, e.time DESC, e.sequence DESC, e.seq DESC) n) j
   WHERE j.age = 1
      OR EXISTS (SELECT FROM handoff_occurrence o WHERE o.migration = $1 AND o.journey = j.journey AND o.outcome IS NULL)
      OR EXISTS (SELECT FROM journey w WHERE w.migration = $1 AND w.id = j.journey AND w.due_at IS NOT NULL AND w.events > w.matched)
      OR EXISTS (SELECT FROM event w WHERE w.migration = $1 AND w.journey = j.journey AND w.disposition IS NULL)`;

/** What units are looked up by, in SQL. */
export interface UnitEvents {
  eventsOfUnit: string;
  openJourneys: string;
}

export const UNIT_EVENTS: UnitEvents = { eventsOfUnit: eventsOfUnit(NAMES), openJourneys: openJourneys(NAMES) };
const UNLINKED_EVENTS: UnitEvents = {
  eventsOfUnit: eventsOfUnit(NAMES_UNLINKED),
  openJourneys: openJourneys(NAMES_UNLINKED),
};

/** The same, the faster way where that gives the same. For counts: a link that is made meanwhile is not seen. */
export async function unitEventsFor(connection: Queryable, migration: string): Promise<UnitEvents> {
  const { rows } = await connection.query<{ linked: boolean }>(
    `SELECT EXISTS (SELECT FROM unit_alias WHERE migration = $1) OR EXISTS (SELECT FROM unit_owner WHERE migration = $1) AS linked`,
    [migration],
  );
  return rows[0]?.linked === false ? UNLINKED_EVENTS : UNIT_EVENTS;
}

/** Units whose events one statement looks up: well within its time, also where there are many events of each. */
const AT_ONCE = 2_000;

/** Their keys, in pages of so many. */
export function* pagesOf(units: readonly { unit: string }[], atOnce = AT_ONCE): Iterable<string[]> {
  for (let from = 0; from < units.length; from += atOnce) {
    yield units.slice(from, from + atOnce).map(({ unit }) => unit);
  }
}
