import type { SplitKey } from '../activities/traffic/traffic-router';
import type { Queryable } from './database';

/** Who was given a side under the current epoch of a split. */
export interface AssignedSides {
  target: number;
  legacy: number;
}

/** So many arrivals of an epoch are enough to see a skew by, and all that one look reads of it. */
const LOOKED_AT = 20_000;

/** Of each split, in order: of the first that arrived. Whoever was moved, or has a side by name or by a link, was given none by it. */
export async function readAssignedSides(
  connection: Queryable,
  splits: readonly (SplitKey & { epoch: number; changedAt: Date })[],
): Promise<AssignedSides[]> {
  if (splits.length === 0) return [];
  const { rows } = await connection.query<AssignedSides & { place: number }>(
    `SELECT i.place::integer AS place, a.target, a.legacy
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[])
              WITH ORDINALITY AS i (migration, phase, cohort, epoch, since, place)
      CROSS JOIN LATERAL (
        SELECT (count(*) FILTER (WHERE f.side = 'target'))::float8 AS target, (count(*) FILTER (WHERE f.side = 'legacy'))::float8 AS legacy
          FROM (
            SELECT p.side FROM placement p
             WHERE p.migration = i.migration AND p.phase = i.phase AND p.cohort = i.cohort AND p.epoch = i.epoch
               AND p.placed_at >= i.since AND p.moved_because IS NULL
             LIMIT $6
          ) f
      ) a`,
    [
      splits.map(({ migration }) => migration),
      splits.map(({ phase }) => phase),
      splits.map(({ cohort }) => cohort),
      splits.map(({ epoch }) => epoch),
      splits.map(({ changedAt }) => changedAt.toISOString()),
      LOOKED_AT,
    ],
  );
  const found: AssignedSides[] = splits.map(() => ({ target: 0, legacy: 0 }));
  for (const { place, target, legacy } of rows) found[place - 1] = { target, legacy };
  return found;
}
