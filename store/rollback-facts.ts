import type { UnitKind } from '../domain/sides/units';
import type { Queryable } from './database';
import { pagesOf, unitEventsFor } from './unit-events';

/**
 * How often each of these events happened to people of this phase and cohort while they were on target: what no rollback takes back.
 * Counted by journey: a card that was charged twice is one patient's matter. Some thousand people at a time.
 */
export async function countEventsOnTarget(
  connection: Queryable,
  of: {
    migration: string;
    phase: string;
    cohort: string;
    unitKind: UnitKind;
    types: readonly string[];
    atOnce?: number;
  },
): Promise<Record<string, number>> {
  const { rows: units } = await connection.query<{ unit: string }>(
    `SELECT unit FROM placement
      WHERE migration = $1 AND phase = $2 AND cohort = $3 AND (side = 'target' OR moved_from = 'target')`,
    [of.migration, of.phase, of.cohort],
  );
  const { eventsOfUnit } = await unitEventsFor(connection, of.migration);
  const journeys = new Map<string, Set<string>>();
  for (const page of pagesOf(units, of.atOnce)) {
    const { rows } = await connection.query<{ type: string; journeys: string[] }>(
      `SELECT e.type, array_agg(DISTINCT e.journey) AS journeys
         FROM placement u CROSS JOIN LATERAL (${eventsOfUnit}) e
        WHERE u.migration = $1 AND u.phase = $2 AND u.cohort = $3 AND (u.side = 'target' OR u.moved_from = 'target')
          AND u.unit = ANY ($6::text[]) AND e.type = ANY ($5::text[])
          AND e.time >= CASE WHEN u.moved_from = 'legacy' THEN u.moved_at ELSE u.placed_at END
          AND (u.side = 'target' OR e.time < u.moved_at)
        GROUP BY e.type`,
      [of.migration, of.phase, of.cohort, of.unitKind, of.types, page],
    );
    for (const row of rows) {
      const known = journeys.get(row.type) ?? new Set();
      journeys.set(row.type, known);
      for (const journey of row.journeys) known.add(journey);
    }
  }
  return Object.fromEntries([...journeys].map(([type, { size }]) => [type, size]));
}
