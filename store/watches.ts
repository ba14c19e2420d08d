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

/**
 * Adds the time since the last look, and gives all of it in milliseconds. A gap longer than `longestGap` was not a watch:
 * nobody looked, so it does not count.
 */
export async function addWatchedTime(
  connection: Queryable,
  key: WatchKey,
  longestGap: Milliseconds,
): Promise<Milliseconds> {
  const { rows } = await connection.query<{ watched: number }>(
    `INSERT INTO watch AS kept (migration, phase, cohort, attempt, step, last_seen_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp())
     ON CONFLICT (migration, phase, cohort, attempt, step) DO UPDATE
       SET watched_ms = kept.watched_ms + CASE
             WHEN extract(epoch FROM EXCLUDED.last_seen_at - kept.last_seen_at) * 1000 <= $6
             THEN (extract(epoch FROM EXCLUDED.last_seen_at - kept.last_seen_at) * 1000)::bigint ELSE 0 END,
           last_seen_at = EXCLUDED.last_seen_at
     RETURNING watched_ms::float8 AS watched`,
    [key.migration, key.phase, key.cohort, key.attempt, key.step, longestGap],
  );
  return rows[0]?.watched ?? 0;
}
