import type { PlanPhase } from '../domain/plan/plan-schema';
import type { UnitKeys, UnitKind } from '../domain/sides/units';
import { PREPARED, type Queryable } from './database';
import { holdLinks } from './hold-links';
import { placedAs } from './placed-as';
import { sentRows } from './sent-rows';

/** A unit whose phase is over for it: what it came for has happened. */
export interface UnitToClose {
  migration: string;
  phase: string;
  kind: UnitKind;
  /** undefined: what happened names no unit, or names one that may have been meant; then those that the journey's `closedBy` mean. */
  unit: string | undefined;
  /** Of what closes nothing itself: the one that it names. Unless that one is open, nothing is closed by it. */
  names?: string;
  journey: string;
  closedBy: readonly string[];
}

/**
 * What an event closes: in each phase of its migration's plan that lists its type under `closedBy`, the unit that it happened to. An event
 * that names such a unit is looked at too: what closes it may have come before, without its key.
 */
export function unitsClosedBy(
  phases: readonly Pick<PlanPhase, 'id' | 'unit' | 'anonymousUnit' | 'closedBy'>[],
  event: { migration: string; type: string; journey: string; units: UnitKeys },
): UnitToClose[] {
  const { migration, type, journey, units } = event;
  return phases.flatMap(({ id, unit: kind, anonymousUnit, closedBy }) => {
    const closes = closedBy.includes(type);
    const named = units[kind];
    if (closedBy.length === 0 || (!closes && named === undefined)) return [];
    const of = { migration, phase: id, kind, journey, closedBy };
    // Every event names its patient and its episode, so no closing one without that key can have come before.
    if (!closes && (kind === 'episode' || kind === 'patient')) return [];
    const meant = { ...of, unit: undefined };
    // The visitor who a patient was may have a side of their own.
    const visitor = anonymousUnit === undefined || !closes ? undefined : units[anonymousUnit];
    const anonymous = visitor === undefined ? [] : [{ ...of, unit: visitor }];
    if (named === undefined) return [meant, ...anonymous];
    if (kind === 'episode' || kind === 'patient') return [{ ...of, unit: named }, ...anonymous];
    return closes ? [{ ...of, unit: named }, meant, ...anonymous] : [{ ...meant, names: named }];
  });
}

/**
 * Closes units, and gives how many were open. Call it in the transaction that stores the events, after they are inserted: a unit is then
 * closed exactly if its event is stored. Closing again changes nothing.
 *
 * A closed unit keeps its side and answers it; it is in flight no more: it does not count towards `maxOpen`, and no rollback
 * brings it back. A unit that has no placement yet is not remembered as closed: one that is placed afterwards is open.
 *
 * A closing event without the unit's key means the one unit that a handoff of it would count for (domain/handoffs: unitKeyOf): that of the
 * nearest event of the journey at or before it, else of the nearest after it. In whatever order the events come.
 *
 * Rows are held by phase and unit, in the order of all who hold several (bringing back, placing under I14), so that none of
 * them wait for each other in a circle.
 */
export async function closeUnits(connection: Queryable, units: readonly UnitToClose[]): Promise<number> {
  if (units.length === 0) return 0;
  const closing = [...new Map(units.map((unit) => [nameOf(unit), unit])).values()];
  await holdLinks(connection, new Set(closing.map(({ migration }) => migration)));
  const { rowCount } = await connection.query(
    `WITH given AS MATERIALIZED (
       SELECT i.migration, i.phase, i.kind, i.unit, i.journey, i.closed_by, i.names
         FROM ${sentRows('migration text, phase text, kind text, unit text, journey text, closed_by text, names text')} AS i
        WHERE i.names IS NULL
           OR EXISTS (SELECT FROM placement o WHERE o.migration = i.migration AND o.phase = i.phase AND ${isOpen('o')}
                                                AND o.unit = ${placedAs('i.migration', 'i.phase', 'i.names')})
     ), closing AS MATERIALIZED (
       SELECT migration, phase, unit FROM given WHERE unit IS NOT NULL
       UNION
       SELECT g.migration, g.phase, meant.unit
         FROM given g
        CROSS JOIN LATERAL (
          SELECT min(u.unit) AS unit, count(*) > 1 AS several
            FROM journey_unit u WHERE u.migration = g.migration AND u.journey = g.journey AND u.kind = g.kind OFFSET 0
        ) n
        CROSS JOIN LATERAL (
          SELECT n.unit WHERE NOT n.several AND (g.names IS NULL OR EXISTS (${closedWithoutKey()}))
           UNION ALL
          SELECT coalesce(
            (SELECT e.units ->> g.kind FROM event e
              WHERE e.migration = g.migration AND e.journey = g.journey AND e.units ? g.kind AND e.time <= c.time
              ORDER BY e.time DESC, (e.source || ' ' || e.id) COLLATE "C" DESC LIMIT 1),
            (SELECT e.units ->> g.kind FROM event e
              WHERE e.migration = g.migration AND e.journey = g.journey AND e.units ? g.kind
              ORDER BY e.time, (e.source || ' ' || e.id) COLLATE "C" LIMIT 1))
            FROM (${closedWithoutKey()}) c WHERE n.several
        ) meant
        WHERE g.unit IS NULL AND n.unit IS NOT NULL
     ), held AS MATERIALIZED (
       SELECT p.migration, p.phase, p.unit
         FROM (SELECT c.migration, c.phase, ${placedAs('c.migration', 'c.phase', 'c.unit')} AS unit FROM closing c OFFSET 0) c
         JOIN placement p ON p.migration = c.migration AND p.phase = c.phase AND p.unit = c.unit
        WHERE ${isOpen('p')} ORDER BY p.migration, p.phase, p.unit FOR NO KEY UPDATE OF p
     )
     UPDATE placement p SET closed_at = clock_timestamp(), paused_at = NULL
       FROM held h WHERE p.migration = h.migration AND p.phase = h.phase AND p.unit = h.unit`,
    [
      closing.map(({ migration }) => migration),
      closing.map(({ phase }) => phase),
      closing.map(({ kind }) => kind),
      closing.map(({ unit }) => unit ?? null),
      closing.map(({ journey }) => journey),
      closing.map(({ closedBy }) => JSON.stringify(closedBy)),
      closing.map(({ names }) => names ?? null),
    ],
    PREPARED,
  );
  return rowCount ?? 0;
}

/** What a phase is closed by is its plan's: it tells none of them apart. */
function nameOf({ migration, phase, kind, unit, journey, names }: UnitToClose): string {
  return [migration, phase, kind, unit ?? '\u0001', journey, names ?? '\u0001'].join('\u0000');
}

/**
 * SQL: said in a way that no index of open placements serves. By one of those the planner may read every open placement of the phase, where it thinks
 * that there are few, and ask of each under which key it stands.
 */
function isOpen(placement: string): string {
  return `coalesce(${placement}.closed_at, 'infinity') = 'infinity'`;
}

/** SQL: the events of a journey that close a unit and do not say which; of a row `g`. */
function closedWithoutKey(): string {
  return `SELECT c.time FROM jsonb_array_elements_text(g.closed_by::jsonb) AS t (type)
            JOIN event c ON c.migration = g.migration AND c.journey = g.journey AND c.type = t.type
           WHERE NOT c.units ? g.kind OFFSET 0`;
}
