import type { PlanQueue } from '../domain/plan/plan-schema';
import type { LeakTally } from '../domain/status/migration-status';
import type { Milliseconds } from '../domain/time/duration';
import { compress } from '../domain/time/time-scale';
import type { Database, Queryable } from './database';

/** Tickets that one look judges at most. */
const AT_ONCE = 500;

/** An event that may be a ticket, and the queues that say which of them are theirs. */
export interface PossibleTicket {
  migration: string;
  journey: string;
  seq: string;
  type: string;
  queues: readonly PlanQueue[];
  timeScale: number;
}

/** Whether an event of that type is a ticket that some queue knows a pattern of. */
export function isTicket(queues: readonly PlanQueue[], type: string): boolean {
  return queues.some(({ tickets }) => tickets?.on === type);
}

/**
 * Writes down which of these events are a ticket of a queue's pattern, by their coded category; none twice. Call it in the transaction that says they are
 * matched.
 */
export async function noteTickets(connection: Queryable, possible: readonly PossibleTicket[]): Promise<void> {
  const asked = possible.flatMap(({ queues, timeScale, type, ...event }) =>
    queues.flatMap(({ id, tickets }) => {
      if (tickets?.on !== type) return [];
      const { field, codes, grace = 0 } = tickets;
      return codes.map((code) => ({ ...event, queue: id, field, code, grace: compress(grace, timeScale) }));
    }),
  );
  if (asked.length === 0) return;
  await connection.query(
    `INSERT INTO ticket (migration, queue, source, id, journey, subject, at, judge_at)
     SELECT e.migration, i.queue, e.source, e.id, e.journey, e.subject, e.time, e.received_at + i.grace * interval '1 millisecond'
       FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::float8[])
              AS i (migration, journey, seq, queue, field, code, grace)
      CROSS JOIN LATERAL (
        SELECT * FROM event w WHERE w.migration = i.migration AND w.journey = i.journey AND w.seq = i.seq AND w.data ->> i.field = i.code OFFSET 0
      ) e
     ON CONFLICT (migration, queue, source, id) DO NOTHING`,
    [
      asked.map((row) => row.migration),
      asked.map((row) => row.journey),
      asked.map((row) => row.seq),
      asked.map((row) => row.queue),
      asked.map((row) => row.field),
      asked.map((row) => row.code),
      asked.map((row) => row.grace),
    ],
  );
}

/**
 * R31: says of each ticket whose grace is over whether its patient had a case in that queue: one that was open when it was written, or was opened until then.
 * Any number of processes may do so. Gives how many were judged, and how many of them are leaks.
 */
export async function judgeTickets(db: Database): Promise<{ judged: number; leaks: number }> {
  const { rows } = await db.query<{ judged: number; leaks: number }>(
    `WITH due AS MATERIALIZED (
       SELECT * FROM ticket WHERE judged_at IS NULL AND judge_at <= statement_timestamp() ORDER BY judge_at LIMIT $1 FOR UPDATE SKIP LOCKED
     ), found AS MATERIALIZED (
       SELECT d.migration, d.queue, d.source, d.id,
              (SELECT min(e.id)
                 FROM keys_of_person(d.migration, d.subject) k (key)
                CROSS JOIN LATERAL (SELECT * FROM exception x WHERE x.migration = d.migration AND x.subject = k.key OFFSET 0) e
                 LEFT JOIN exception m ON m.id = e.merged_into
                WHERE e.queue = d.queue AND e.opened_at <= d.judge_at
                  AND (coalesce(m.resolved_at, e.resolved_at) > d.at OR coalesce(m.state, e.state) = 'open')) AS exception
         FROM due d
     ), judged AS (
       UPDATE ticket t SET judged_at = clock_timestamp(), exception = f.exception
         FROM found f WHERE t.migration = f.migration AND t.queue = f.queue AND t.source = f.source AND t.id = f.id
       RETURNING t.exception
     )
     SELECT count(*)::int AS judged, (count(*) FILTER (WHERE exception IS NULL))::int AS leaks FROM judged`,
    [AT_ONCE],
  );
  return rows[0] ?? { judged: 0, leaks: 0 };
}

/** Leaks of each queue that has any. @param day the plan's last, by the wall's clock */
export async function countLeaks(
  connection: Queryable,
  migration: string,
  day: Milliseconds,
): Promise<Map<string, LeakTally>> {
  const { rows } = await connection.query<LeakTally & { queue: string }>(
    `SELECT queue, count(*)::float8 AS all, (count(*) FILTER (WHERE at > statement_timestamp() - $2::float8 * interval '1 millisecond'))::float8 AS day
       FROM ticket WHERE migration = $1 AND judged_at IS NOT NULL AND exception IS NULL GROUP BY queue`,
    [migration, day],
  );
  return new Map(rows.map(({ queue, all, day: late }) => [queue, { all, day: late }]));
}
