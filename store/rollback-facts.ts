import type { Queryable } from './database';

/**
 * How often each of these events happened to people on target in this phase and cohort: what no rollback takes back.
 * Counted by journey: a card that was charged twice is one patient's matter.
 */
export async function countEventsOnTarget(
  connection: Queryable,
  of: { migration: string; phase: string; cohort: string; unitKind: string; types: readonly string[] },
): Promise<Record<string, number>> {
  const { rows } = await connection.query<{ type: string; journeys: number }>(
    `SELECT event.type, count(DISTINCT event.journey)::int AS journeys
     FROM event JOIN placement ON placement.migration = event.migration AND placement.phase = $2 AND placement.unit = event.units ->> $4
     WHERE event.migration = $1 AND event.type = ANY ($5) AND placement.cohort = $3
       AND (placement.side = 'target' OR (placement.moved_from = 'target' AND event.time < placement.moved_at))
     GROUP BY event.type`,
    [of.migration, of.phase, of.cohort, of.unitKind, of.types],
  );
  return Object.fromEntries(rows.map(({ type, journeys }) => [type, journeys]));
}
