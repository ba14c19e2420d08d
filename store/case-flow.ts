import type { BoardDay } from '../domain/status/case-board';
import type { Database, Queryable } from './database';

/** Rows that one statement adds up at most. */
const ROWS_AT_ONCE = 20_000;
/** One process adds up at a time; the number means nothing but 'this'. */
const FOLD_LOCK = 7_305_222;

/** Adds what changed to the days that it was on; gives how many rows that was. Any number of processes may do so. */
export async function foldCaseFlow(db: Database): Promise<number> {
  return db.transaction(async (connection) => {
    const { rows: locked } = await connection.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
      FOLD_LOCK,
    ]);
    if (locked[0]?.mine !== true) return 0;
    const { rows } = await connection.query<{ folded: number }>(
      `WITH gone AS (
         DELETE FROM exception_flow f USING (SELECT id FROM exception_flow ORDER BY id LIMIT $1) n WHERE f.id = n.id RETURNING f.*
       ), added AS (
         INSERT INTO exception_day AS d (migration, day, queue, opened, reopened, resolved, accepted, merged)
         SELECT migration, day, queue, sum(opened), sum(reopened), sum(resolved), sum(accepted), sum(merged)
           FROM gone GROUP BY migration, day, queue
         ON CONFLICT (migration, day, queue) DO UPDATE
           SET opened = d.opened + EXCLUDED.opened, reopened = d.reopened + EXCLUDED.reopened, resolved = d.resolved + EXCLUDED.resolved,
               accepted = d.accepted + EXCLUDED.accepted, merged = d.merged + EXCLUDED.merged
       )
       SELECT count(*)::int AS folded FROM gone`,
      [ROWS_AT_ONCE],
    );
    return rows[0]?.folded ?? 0;
  });
}

/** What came in and ended on one day in one queue. */
export type QueueDay = Omit<BoardDay, 'open'> & { queue: string };

/** A migration's days from `from` on, and its queues' on them; both in order. Days on which nothing happened are left out. */
export async function readDays(connection: Queryable, migration: string, from: string): Promise<QueueDay[]> {
  const { rows } = await connection.query<QueueDay>(
    `SELECT to_char(day, 'YYYY-MM-DD') AS day, queue, sum(opened)::float8 AS opened, sum(reopened)::float8 AS reopened,
            sum(resolved)::float8 AS resolved, sum(accepted)::float8 AS accepted, sum(merged)::float8 AS merged
       FROM (SELECT day, queue, opened, reopened, resolved, accepted, merged FROM exception_day WHERE migration = $1 AND day >= $2::date
              UNION ALL
             SELECT day, queue, opened, reopened, resolved, accepted, merged FROM exception_flow WHERE migration = $1 AND day >= $2::date) d
      GROUP BY day, queue ORDER BY day, queue`,
    [migration, from],
  );
  return rows;
}

/** How many cases of each queue have ended and are not reopened. */
export async function countEnded(connection: Queryable, migration: string): Promise<Map<string, number>> {
  const { rows } = await connection.query<{ queue: string; ended: number }>(
    `SELECT queue, sum(resolved + accepted + merged - reopened)::float8 AS ended
       FROM (SELECT queue, resolved, accepted, merged, reopened FROM exception_day WHERE migration = $1
              UNION ALL SELECT queue, resolved, accepted, merged, reopened FROM exception_flow WHERE migration = $1) d
      GROUP BY queue`,
    [migration],
  );
  return new Map(rows.map(({ queue, ended }) => [queue, ended]));
}
