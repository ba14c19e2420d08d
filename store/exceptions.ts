import { laneOf } from '../domain/handoffs/lane';
import type { Side } from '../domain/sides/side';
import type { Milliseconds } from '../domain/time/duration';
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
  toSide: Side;
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
     INSERT INTO exception (migration, cause, queue, handoff, phase, cohort, side, to_side, journey, subject, owner, opened_at, due_at, recovered_at)
     SELECT i.migration, i.cause, i.queue, i.handoff, i.phase, i.cohort, i.side, i.to_side, i.journey, i.subject, i.owner,
            o.at, o.at + i.sla * interval '1 millisecond', i.recovered_at
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                   $10::text[], $11::float8[], $12::timestamptz[], $13::text[])
              AS i (migration, cause, queue, handoff, phase, cohort, side, journey, subject, owner, sla, recovered_at, to_side), opening o
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
      missed.map((row) => row.toSide),
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
        lane: laneOf(row.side, row.toSide),
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
