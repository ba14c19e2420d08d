import type { UnitKind } from '../domain/sides/units';
import type { Queryable } from './database';
import { EVENTS_OF_UNIT } from './unit-events';

/**
 * How often each of these events happened to people of this phase and cohort while they were on target: what no rollback takes back.
 * Counted by journey: a card that was charged twice is one patient's matter.
 */
export async function countEventsOnTarget(
  connection: Queryable,
  of: { migration: string; phase: string; cohort: string; unitKind: UnitKind; types: readonly string[] },
): Promise<Record<string, number>> {
  const { rows } = await connection.query<{ type: string; journeys: number }>(
    `SELECT e.type, count(DISTINCT e.journey)::int AS journeys
       FROM placement u CROSS JOIN LATERAL (${EVENTS_OF_UNIT}) e
      WHERE u.migration = $1 AND u.phase = $2 AND u.cohort = $3 AND (u.side = 'target' OR u.moved_from = 'target')
        AND e.type = ANY ($5::text[])
        AND e.time >= CASE WHEN u.moved_from = 'legacy' THEN u.moved_at ELSE u.placed_at END
        AND (u.side = 'target' OR e.time < u.moved_at)
      GROUP BY e.type`,
    [of.migration, of.phase, of.cohort, of.unitKind, of.types],
  );
  return Object.fromEntries(rows.map(({ type, journeys }) => [type, journeys]));
}
