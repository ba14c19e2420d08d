import type { ExceptionWhy } from '../domain/status/exception-page';
import { appendAudit } from './audit';
import type { Queryable } from './database';

/** What happened again while the case of it was open. */
export interface Repeat {
  migration: string;
  planHash: string;
  queue: string;
  handoff: string | null;
  phase: string | null;
  cohort: string | null;
  cause: string;
  /** Without it what happened is like nothing else. */
  same?: string | null;
  /** When its end came all the same, in milliseconds since 1970. */
  recoveredAt: number | null;
  why?: ExceptionWhy | null;
}

/**
 * What a handoff that was missed has in common with another one that is the same trouble: it is of one handoff, in one journey of one patient. Another
 * journey is another payment, another decision, and needs work of its own; and so does another order, where the handoff counts by orders.
 */
export function sameHandoff({
  handoff,
  journey,
  subject,
  apartBy,
}: {
  handoff: string;
  journey: string;
  subject: string;
  apartBy?: string | undefined;
}): string {
  return [`handoff ${handoff} ${journey} ${subject}`, ...(apartBy === undefined ? [] : [apartBy])].join(' ');
}

/** The same of an event that opens a case by itself: one type, in one journey of one patient. */
export function sameEvent({ type, journey, subject }: { type: string; journey: string; subject: string }): string {
  return `event ${type} ${journey} ${subject}`;
}

/** Of these causes, those that have their case already, as its own cause or as what happened again. */
export async function knownCauses(
  connection: Queryable,
  causes: readonly { migration: string; cause: string }[],
): Promise<Set<string>> {
  const { rows } = await connection.query<{ migration: string; cause: string }>(
    // OFFSET 0 keeps the planner on the indexes, whatever it thinks of the number of keys.
    `SELECT i.migration, i.cause FROM unnest($1::text[], $2::text[]) AS i (migration, cause)
      CROSS JOIN LATERAL (
        SELECT FROM exception e WHERE e.migration = i.migration AND e.cause = i.cause
         UNION ALL SELECT FROM exception_cause c WHERE c.migration = i.migration AND c.cause = i.cause OFFSET 0
      ) known`,
    [causes.map(({ migration }) => migration), causes.map(({ cause }) => cause)],
  );
  return new Set(rows.map(causeKey));
}

/**
 * Counts each of these on the open case of the same trouble, and writes it into the audit log. Such a case is no longer put off, nor to be accepted: who
 * asked for that knew less. Its due time stays, which is the earlier. Those with no open case are left out of the answer.
 */
export async function linkRepeats(connection: Queryable, repeats: readonly Repeat[]): Promise<Set<string>> {
  const { rows } = await connection.query<{ migration: string; cause: string; exception: string }>(
    `WITH found AS MATERIALIZED (
       SELECT e.id, i.migration, i.cause, i.recovered_at
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS i (migration, queue, same, cause, recovered_at)
        CROSS JOIN LATERAL (
          SELECT e.id FROM exception e WHERE e.migration = i.migration AND e.queue = i.queue AND e.same = i.same AND e.state = 'open' OFFSET 0
        ) e
     ), open AS MATERIALIZED (
       -- In the order of their numbers, as whoever holds several.
       SELECT f.* FROM (SELECT * FROM found ORDER BY id OFFSET 0) f
        CROSS JOIN LATERAL (SELECT FROM exception e WHERE e.id = f.id AND e.state = 'open' FOR UPDATE) held
     ), linked AS (
       INSERT INTO exception_cause (migration, cause, exception, recovered_at)
       SELECT migration, cause, id, recovered_at FROM open
       RETURNING migration, cause, exception, recovered_at
     ), counted AS (
       UPDATE exception e
          SET occurrences = e.occurrences + n.linked, unrecovered = e.unrecovered + n.unrecovered,
              snoozed_until = NULL, snooze_reason = NULL, snoozed_by = NULL, accept_asked_by = NULL, accept_asked_at = NULL, accept_reason = NULL
         FROM (SELECT exception, count(*)::int AS linked, (count(*) FILTER (WHERE recovered_at IS NULL))::int AS unrecovered
                 FROM linked GROUP BY exception) n
        WHERE e.id = n.exception
     )
     SELECT migration, cause, exception FROM linked`,
    [
      repeats.map((row) => row.migration),
      repeats.map((row) => row.queue),
      repeats.map((row) => row.same ?? null),
      repeats.map((row) => row.cause),
      repeats.map((row) => (row.recoveredAt === null ? null : new Date(row.recoveredAt).toISOString())),
    ],
  );
  const exceptions = new Map(rows.map((row) => [causeKey(row), row.exception]));
  for (const row of repeats) {
    const exception = exceptions.get(causeKey(row));
    if (exception === undefined) continue;
    const { migration, phase, cohort, planHash, cause, queue, handoff, recoveredAt, why = null } = row;
    await appendAudit(connection, {
      ...{ actor: 'system:sweeper', verified: true, migration, planHash },
      phase: phase ?? undefined,
      cohort: cohort ?? undefined,
      action: 'exception.repeated',
      reason: 'It happened again while the case of it was open.',
      evidence: { exception, cause, queue, handoff, recovered: recoveredAt !== null, ...(why !== null && { why }) },
      onceKey: `exception.repeated:${cause}`,
    });
  }
  return new Set(exceptions.keys());
}

/** Notes which of what happened again came to its end after all; gives the cases, each with the cause. */
export async function recoverRepeats(
  connection: Queryable,
  recovered: readonly { migration: string; cause: string; recoveredAt: number }[],
): Promise<{ id: string; migration: string; cause: string; phase: string | null; cohort: string | null }[]> {
  const { rows } = await connection.query<{
    id: string;
    migration: string;
    cause: string;
    phase: string | null;
    cohort: string | null;
  }>(
    `WITH came AS (
       UPDATE exception_cause c SET recovered_at = i.at
         FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS i (migration, cause, at)
        WHERE c.migration = i.migration AND c.cause = i.cause AND c.recovered_at IS NULL
       RETURNING c.migration, c.cause, c.exception
     ), counted AS (
       UPDATE exception e SET unrecovered = e.unrecovered - n.came
         FROM (SELECT exception, count(*)::int AS came FROM came GROUP BY exception) n WHERE e.id = n.exception
     )
     SELECT e.id, c.migration, c.cause, e.phase, e.cohort FROM came c JOIN exception e ON e.id = c.exception`,
    [
      recovered.map((row) => row.migration),
      recovered.map((row) => row.cause),
      recovered.map((row) => new Date(row.recoveredAt).toISOString()),
    ],
  );
  return rows;
}

export function causeKey({ migration, cause }: { migration: string; cause: string }): string {
  return `${migration} ${cause}`;
}
