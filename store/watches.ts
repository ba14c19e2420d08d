import type { Milliseconds } from '../domain/time/duration';
import type { Queryable } from './database';

export interface WatchKey {
  migration: string;
  phase: string;
  cohort: string;
  attempt: number;
  /** Index in the ramp; its length for the soak. */
  step: number;
}

export interface WatchLook {
  key: WatchKey;
  /** A longer gap since the last look was not a watch. */
  longestGap: Milliseconds;
}

/**
 * Adds the time since the last look, and gives all of it in milliseconds. A gap longer than `longestGap` was not a watch:
 * nobody looked, so it does not count.
 */
export async function addWatchedTime(
  connection: Queryable,
  key: WatchKey,
  longestGap: Milliseconds,
): Promise<Milliseconds> {
  const [watched = 0] = await addWatchedTimes(connection, [{ key, longestGap }]);
  return watched;
}

/**
 * The same of many, in one statement; the times come in their order. They are written in the order of their keys: two who look never wait for each other in
 * a circle.
 * @param looks each key once
 */
export async function addWatchedTimes(connection: Queryable, looks: readonly WatchLook[]): Promise<Milliseconds[]> {
  if (looks.length === 0) return [];
  const { rows } = await connection.query<WatchKey & { watched: number }>(
    `WITH i AS MATERIALIZED (
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::float8[])
         AS i (migration, phase, cohort, attempt, step, longest_gap)
     )
     INSERT INTO watch AS kept (migration, phase, cohort, attempt, step, last_seen_at)
     SELECT i.migration, i.phase, i.cohort, i.attempt, i.step, clock_timestamp() FROM i
      ORDER BY i.migration, i.phase, i.cohort, i.attempt, i.step
     ON CONFLICT (migration, phase, cohort, attempt, step) DO UPDATE
       SET watched_ms = kept.watched_ms + CASE
             WHEN extract(epoch FROM EXCLUDED.last_seen_at - kept.last_seen_at) * 1000 <=
                  (SELECT i.longest_gap FROM i WHERE i.migration = kept.migration AND i.phase = kept.phase AND i.cohort = kept.cohort
                      AND i.attempt = kept.attempt AND i.step = kept.step)
             THEN (extract(epoch FROM EXCLUDED.last_seen_at - kept.last_seen_at) * 1000)::bigint ELSE 0 END,
           last_seen_at = EXCLUDED.last_seen_at
     RETURNING migration, phase, cohort, attempt, step, watched_ms::float8 AS watched`,
    [
      looks.map(({ key }) => key.migration),
      looks.map(({ key }) => key.phase),
      looks.map(({ key }) => key.cohort),
      looks.map(({ key }) => key.attempt),
      looks.map(({ key }) => key.step),
      looks.map(({ longestGap }) => longestGap),
    ],
  );
  const watched = new Map(rows.map((row) => [nameOf(row), row.watched]));
  return looks.map(({ key }) => watched.get(nameOf(key)) ?? 0);
}

function nameOf({ migration, phase, cohort, attempt, step }: WatchKey): string {
  return `${migration} ${phase} ${cohort} ${attempt} ${step}`;
}
