import type { PlanPhase } from '../domain/plan/plan-schema';
import type { UnitKeys, UnitKind } from '../domain/sides/units';
import type { Queryable } from './database';

/** A unit whose phase is over for it: what it came for has happened. */
export interface UnitToClose {
  migration: string;
  phase: string;
  kind: UnitKind;
  /** undefined: the event does not name it; then every unit of that kind that its journey's stored events name. */
  unit: string | undefined;
  journey: string;
}

/** What an event closes: in each phase of its migration's plan that lists its type under `closedBy`, the unit that it happened to. */
export function unitsClosedBy(
  phases: readonly Pick<PlanPhase, 'id' | 'unit' | 'closedBy'>[],
  event: { migration: string; type: string; journey: string; units: UnitKeys },
): UnitToClose[] {
  const { migration, type, journey, units } = event;
  return phases
    .filter(({ closedBy }) => closedBy.includes(type))
    .map(({ id, unit: kind }) => ({ migration, phase: id, kind, unit: units[kind], journey }));
}

/**
 * Closes units, and gives how many were open. Call it in the transaction that stores the events, after they are inserted: a unit is then
 * closed exactly if its event is stored. Closing again changes nothing.
 *
 * A closed unit keeps its side and answers it; it is in flight no more: it does not count towards `maxOpen`, and no rollback
 * brings it back. A unit that has no placement yet is not remembered as closed: one that is placed afterwards is open.
 *
 * Rows are held by phase and unit, in the order of all who hold several (bringing back, placing under I14), so that none of
 * them wait for each other in a circle.
 */
export async function closeUnits(connection: Queryable, closing: readonly UnitToClose[]): Promise<number> {
  if (closing.length === 0) return 0;
  const { rowCount } = await connection.query(
    `WITH closing AS MATERIALIZED (
       SELECT DISTINCT i.migration, i.phase, coalesce(i.unit, l.unit) AS unit
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS i (migration, phase, kind, unit, journey)
         LEFT JOIN LATERAL (
           SELECT e.units ->> i.kind AS unit FROM event e
            WHERE i.unit IS NULL AND e.migration = i.migration AND e.journey = i.journey AND e.units ? i.kind OFFSET 0
         ) l ON true
     ), held AS MATERIALIZED (
       SELECT p.migration, p.phase, p.unit
         FROM closing c JOIN placement p ON p.migration = c.migration AND p.phase = c.phase AND p.unit = c.unit
        WHERE p.closed_at IS NULL ORDER BY p.migration, p.phase, p.unit FOR NO KEY UPDATE OF p
     )
     UPDATE placement p SET closed_at = clock_timestamp()
       FROM held h WHERE p.migration = h.migration AND p.phase = h.phase AND p.unit = h.unit AND p.closed_at IS NULL`,
    [
      closing.map(({ migration }) => migration),
      closing.map(({ phase }) => phase),
      closing.map(({ kind }) => kind),
      closing.map(({ unit }) => unit ?? null),
      closing.map(({ journey }) => journey),
    ],
  );
  return rowCount ?? 0;
}
