import type { SplitKey } from '../activities/traffic/traffic-router';
import { PLACING_LIMIT } from '../domain/sides/placing-limit';
import type { Queryable } from './database';

/** Who was given a side under the current epoch of a split, since somebody looked last. */
export interface AssignedSides {
  target: number;
  legacy: number;
  /** Up to when, as Postgres writes it: the next look goes on from there. */
  until: string;
}

/** All that one look reads of a split. Where more came at once, these are enough to see a skew by; nobody looks at the others. */
const LOOKED_AT = 20_000;

/** Who was placed longer ago than that is committed by now. */
const WRITTEN_BY_NOW = 2 * PLACING_LIMIT;

/**
 * Of each split, in order: of those that arrived after `after`, or since the epoch began where nobody has looked yet. Whoever has a side by name or by a link was
 * given none by it. Who is moved later was counted before.
 */
export async function readAssignedSides(
  connection: Queryable,
  splits: readonly (SplitKey & { epoch: number; changedAt: Date; after: string | null })[],
): Promise<AssignedSides[]> {
  if (splits.length === 0) return [];
  const { rows } = await connection.query<AssignedSides & { place: number }>(
    `WITH moment AS MATERIALIZED (SELECT clock_timestamp() - $6 * interval '1 millisecond' AS settled)
     SELECT i.place::integer AS place, a.target, a.legacy, greatest(i.after, m.settled)::text AS until
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[])
              WITH ORDINALITY AS i (migration, phase, cohort, epoch, after, place)
      CROSS JOIN moment m
      CROSS JOIN LATERAL (
        SELECT (count(*) FILTER (WHERE f.side = 'target'))::float8 AS target, (count(*) FILTER (WHERE f.side = 'legacy'))::float8 AS legacy
          FROM (
            SELECT p.side FROM placement p
             WHERE p.migration = i.migration AND p.phase = i.phase AND p.cohort = i.cohort AND p.epoch = i.epoch
               AND p.placed_at > i.after AND p.placed_at <= m.settled AND p.moved_because IS NULL
             LIMIT $7
          ) f
      ) a
      ORDER BY i.place`,
    [
      splits.map(({ migration }) => migration),
      splits.map(({ phase }) => phase),
      splits.map(({ cohort }) => cohort),
      splits.map(({ epoch }) => epoch),
      splits.map(({ changedAt, after }) => after ?? changedAt.toISOString()),
      WRITTEN_BY_NOW,
      LOOKED_AT,
    ],
  );
  return rows.map(({ target, legacy, until }) => ({ target, legacy, until }));
}
