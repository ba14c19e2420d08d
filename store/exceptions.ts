import { DomainError } from '../domain/domain-error';
import type { PlanQueue } from '../domain/plan/plan-schema';
import type { Side } from '../domain/sides/side';
import type { ExceptionEntry, ExceptionPage, ExceptionState } from '../domain/status/exception-page';
import type { QueueTally } from '../domain/status/migration-status';
import type { Milliseconds } from '../domain/time/duration';
import { compress } from '../domain/time/time-scale';
import { appendAudit } from './audit';
import type { Queryable } from './database';

/** A handoff occurrence that was missed for good. */
export interface MissedHandoff {
  migration: string;
  planHash: string;
  occurrence: string;
  handoff: string;
  phase: string;
  cohort: string | null;
  side: Side | null;
  journey: string;
  subject: string;
  queue: string;
  owner: string;
  /** The queue's, on the migration's clock. */
  sla: Milliseconds;
  /** When its end came all the same, in milliseconds since 1970. */
  recoveredAt: number | null;
}

const SWEEPER = { actor: 'system:sweeper', verified: true } as const;

/**
 * Opens the exception of each missed handoff, and writes it into the audit log. One that is there already stays as it is.
 * Call it in the transaction that makes them missed (I6). Gives the number opened.
 */
export async function openMissedHandoffs(connection: Queryable, missed: readonly MissedHandoff[]): Promise<number> {
  if (missed.length === 0) return 0;
  const { rows } = await connection.query<{ id: string; migration: string; cause: string }>(
    `WITH opening AS MATERIALIZED (SELECT clock_timestamp() AS at)
     INSERT INTO exception (migration, cause, queue, handoff, phase, cohort, side, journey, subject, owner, opened_at, due_at, recovered_at)
     SELECT i.migration, i.cause, i.queue, i.handoff, i.phase, i.cohort, i.side, i.journey, i.subject, i.owner,
            o.at, o.at + i.sla * interval '1 millisecond', i.recovered_at
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                   $10::text[], $11::float8[], $12::timestamptz[])
              AS i (migration, cause, queue, handoff, phase, cohort, side, journey, subject, owner, sla, recovered_at), opening o
     ON CONFLICT (migration, cause) DO NOTHING
     RETURNING id, migration, cause`,
    [
      missed.map((row) => row.migration),
      missed.map((row) => causeOf(row.occurrence)),
      missed.map((row) => row.queue),
      missed.map((row) => row.handoff),
      missed.map((row) => row.phase),
      missed.map((row) => row.cohort),
      missed.map((row) => row.side),
      missed.map((row) => row.journey),
      missed.map((row) => row.subject),
      missed.map((row) => row.owner),
      missed.map((row) => row.sla),
      missed.map((row) => (row.recoveredAt === null ? null : new Date(row.recoveredAt).toISOString())),
    ],
  );
  const byCause = new Map(missed.map((row) => [`${row.migration} ${causeOf(row.occurrence)}`, row]));
  for (const { id, migration, cause } of rows) {
    const row = byCause.get(`${migration} ${cause}`);
    if (row === undefined) continue;
    await appendAudit(connection, {
      ...SWEEPER,
      migration,
      phase: row.phase,
      cohort: row.cohort ?? undefined,
      action: 'exception.opened',
      reason: 'A handoff passed its deadline without its end.',
      planHash: row.planHash,
      evidence: {
        exception: id,
        cause,
        queue: row.queue,
        handoff: row.handoff,
        side: row.side,
        recovered: row.recoveredAt !== null,
      },
      onceKey: `exception.opened:${cause}`,
    });
  }
  return rows.length;
}

/** Notes on their exceptions, and in the audit log, that the ends of missed handoffs came after all. They stay open for their owner. */
export async function noteRecoveries(
  connection: Queryable,
  recovered: readonly { migration: string; occurrence: string; recoveredAt: number; planHash: string }[],
): Promise<void> {
  if (recovered.length === 0) return;
  const { rows } = await connection.query<{
    id: string;
    migration: string;
    cause: string;
    phase: string | null;
    cohort: string | null;
  }>(
    `UPDATE exception e SET recovered_at = i.at
       FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS i (migration, cause, at)
      WHERE e.migration = i.migration AND e.cause = i.cause AND e.recovered_at IS NULL
      RETURNING e.id, e.migration, e.cause, e.phase, e.cohort`,
    [
      recovered.map((row) => row.migration),
      recovered.map((row) => causeOf(row.occurrence)),
      recovered.map((row) => new Date(row.recoveredAt).toISOString()),
    ],
  );
  const plans = new Map(recovered.map((row) => [row.migration, row.planHash]));
  for (const row of rows) {
    await appendAudit(connection, {
      ...SWEEPER,
      migration: row.migration,
      phase: row.phase ?? undefined,
      cohort: row.cohort ?? undefined,
      action: 'exception.recovered',
      reason: 'The end of a missed handoff came after all.',
      planHash: plans.get(row.migration),
      evidence: { exception: row.id, cause: row.cause },
      onceKey: `exception.recovered:${row.cause}`,
    });
  }
}

function causeOf(occurrence: string): string {
  return `handoff:${occurrence}`;
}

/** A page's `after` is not one that an answer gave. */
export class BadCursor extends DomainError {
  readonly code = 'bad-cursor';
  readonly status = 400;
  constructor() {
    super("'after' is not the 'next' of an earlier answer. Leave it out to begin with the first page.");
  }
}

/** Exceptions by their due time, the most urgent first, a page at a time. @throws BadCursor */
export async function listExceptions(
  connection: Queryable,
  query: { migration: string; queue?: string; state?: ExceptionState; after?: string; limit: number },
): Promise<ExceptionPage> {
  const after = query.after === undefined ? undefined : readCursor(query.after);
  const { rows } = await connection.query<ExceptionRow>(
    `SELECT id, queue, owner, state, handoff, phase, cohort, side, journey, subject, cause, opened_at AS "openedAt", due_at AS "dueAt",
            state = 'open' AND due_at < clock_timestamp() AS overdue,
            recovered_at AS "recoveredAt", resolved_at AS "resolvedAt", resolved_by AS "resolvedBy", resolution,
            (extract(epoch FROM due_at) * 1000000)::bigint || '.' || id AS cursor
       FROM exception
      WHERE migration = $1 AND ($2::text IS NULL OR queue = $2) AND ($3::text IS NULL OR state = $3)
        AND ($4::bigint IS NULL OR (due_at, id) > ('epoch'::timestamptz + $4::bigint * interval '1 microsecond', $5::bigint))
      ORDER BY due_at, id LIMIT $6`,
    [query.migration, query.queue ?? null, query.state ?? null, after?.due ?? null, after?.id ?? null, query.limit + 1],
  );
  const page = rows.slice(0, query.limit);
  return {
    exceptions: page.map(toEntry),
    next: rows.length > query.limit ? (page.at(-1)?.cursor ?? null) : null,
  };
}

type ExceptionRow = Omit<ExceptionEntry, 'openedAt' | 'dueAt' | 'recoveredAt' | 'resolvedAt'> & {
  openedAt: Date;
  dueAt: Date;
  recoveredAt: Date | null;
  resolvedAt: Date | null;
  cursor: string;
};

function toEntry({ cursor: _, openedAt, dueAt, recoveredAt, resolvedAt, ...rest }: ExceptionRow): ExceptionEntry {
  return {
    ...rest,
    openedAt: openedAt.toISOString(),
    dueAt: dueAt.toISOString(),
    recoveredAt: recoveredAt?.toISOString() ?? null,
    resolvedAt: resolvedAt?.toISOString() ?? null,
  };
}

function readCursor(text: string): { due: string; id: string } {
  const match = /^(\d{1,17})\.(\d{1,18})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) throw new BadCursor();
  return { due: match[1], id: match[2] };
}

/** The board: every queue of the plan with its volume, by the database's clock. */
export async function readQueueBoard(
  connection: Queryable,
  migration: { id: string; timeScale: number },
  queues: readonly PlanQueue[],
): Promise<QueueTally[]> {
  const counts = new Map((await countQueues(connection, migration.id)).map((row) => [row.queue, row]));
  return queues.map(({ id, owner, sla }) => {
    const count = counts.get(id);
    return {
      queue: id,
      owner,
      slaMs: compress(sla, migration.timeScale),
      open: count?.open ?? 0,
      overdue: count?.overdue ?? 0,
      recovered: count?.recovered ?? 0,
      resolved: count?.resolved ?? 0,
      oldestOpenedAt: count?.oldestOpenedAt?.toISOString() ?? null,
    };
  });
}

export interface QueueCounts {
  queue: string;
  open: number;
  /** Open, and past its SLA. */
  overdue: number;
  /** Open, though what was missing has come since. */
  recovered: number;
  resolved: number;
  /** When the oldest of the open ones was opened. */
  oldestOpenedAt: Date | null;
}

/** Volume of each queue that ever had an exception. */
export async function countQueues(connection: Queryable, migration: string): Promise<QueueCounts[]> {
  const { rows } = await connection.query<QueueCounts>(
    `SELECT queue,
            (count(*) FILTER (WHERE state = 'open'))::float8 AS open,
            (count(*) FILTER (WHERE state = 'open' AND due_at < statement_timestamp()))::float8 AS overdue,
            (count(*) FILTER (WHERE state = 'open' AND recovered_at IS NOT NULL))::float8 AS recovered,
            (count(*) FILTER (WHERE state = 'resolved'))::float8 AS resolved,
            min(opened_at) FILTER (WHERE state = 'open') AS "oldestOpenedAt"
       FROM exception WHERE migration = $1 GROUP BY queue ORDER BY queue`,
    [migration],
  );
  return rows;
}
