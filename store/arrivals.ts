import { bucketOf } from '../domain/sides/bucket';
import type { Side } from '../domain/sides/side';
import type { Milliseconds } from '../domain/time/duration';
import type { Queryable } from './database';

/** Who arrived in a phase of late: who was placed there, on whichever side. */
export interface RecordedArrivals {
  /** When the first of them came, or the window began if nobody did. */
  from: Date;
  /** Now, by the database's clock. */
  to: Date;
  /** How many by cohort; null: in none. */
  byCohort: ReadonlyMap<string | null, number>;
}

/** Arrivals of a phase in the last `window` of wall-clock time, without test units that have a side by name. */
export async function readArrivals(
  connection: Queryable,
  { migration, phase, window }: { migration: string; phase: string; window: Milliseconds },
): Promise<RecordedArrivals> {
  const { rows } = await connection.query<{ cohort: string | null; arrived: number; first: Date | null; now: Date }>(
    `SELECT a.cohort, coalesce(a.arrived, 0)::float8 AS arrived, a.first, statement_timestamp() AS now
       FROM (SELECT 1) one
       LEFT JOIN (
         SELECT cohort, count(*) AS arrived, min(placed_at) AS first FROM placement
          WHERE migration = $1 AND phase = $2 AND placed_at > statement_timestamp() - $3::float8 * interval '1 millisecond'
            AND coalesce(moved_because, '') NOT LIKE 'override%'
          GROUP BY cohort
       ) a ON true`,
    [migration, phase, window],
  );
  const to = rows[0]?.now ?? new Date(0);
  const firsts = rows.flatMap(({ first }) => (first === null ? [] : [first.getTime()]));
  return {
    from: firsts.length === 0 ? to : new Date(Math.min(...firsts)),
    to,
    byCohort: new Map(rows.map(({ cohort, arrived }) => [cohort, arrived])),
  };
}

/** The open units of a cohort that were placed last, the newest first, each with its bucket. Their keys stay here. */
export async function recentlyPlaced(
  connection: Queryable,
  of: { migration: string; phase: string; cohort: string; salt: string; limit: number },
): Promise<{ side: Side; bucket: number }[]> {
  const { rows } = await connection.query<{ unit: string; side: Side }>(
    `SELECT unit, side FROM placement
      WHERE migration = $1 AND phase = $2 AND cohort = $3 AND closed_at IS NULL ORDER BY placed_at DESC LIMIT $4`,
    [of.migration, of.phase, of.cohort, of.limit],
  );
  return rows.map(({ unit, side }) => ({ side, bucket: bucketOf(of.salt, unit) }));
}
