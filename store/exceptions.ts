import { laneOf } from '../domain/handoffs/lane';
import type { Side } from '../domain/sides/side';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Queryable } from './database';

/** A patient's case, before it is opened. */
export interface NewException {
  migration: string;
  planHash: string;
  /** Opens at most one. */
  cause: string;
  handoff: string | null;
  phase: string | null;
  cohort: string | null;
  side: Side | null;
  toSide: Side | null;
  journey: string;
  subject: string;
  queue: string;
  owner: string;
  /** The queue's, on the migration's clock. */
  sla: Milliseconds;
  /** When its end came all the same, in milliseconds since 1970. */
  recoveredAt: number | null;
  /** For the audit log. */
  reason: string;
}

/** A handoff occurrence that was missed for good. */
export interface MissedHandoff extends Omit<NewException, 'cause' | 'reason'> {
  occurrence: string;
  handoff: string;
  phase: string;
  toSide: Side;
}

/** An event that a queue opens a case on. */
export interface ReportedCase extends Pick<
  NewException,
  'migration' | 'planHash' | 'journey' | 'subject' | 'queue' | 'owner' | 'sla'
> {
  /** Of the event. */
  source: string;
  id: string;
  type: string;
}

/** A unit that systems of both sides act for in one phase and one journey. */
export interface TwoSidedCase extends Pick<
  NewException,
  'migration' | 'planHash' | 'cohort' | 'side' | 'journey' | 'subject' | 'queue' | 'owner' | 'sla'
> {
  phase: string;
  /** The key that it is placed under. */
  unit: string;
}

const SWEEPER = { actor: 'system:sweeper', verified: true } as const;

/**
 * Opens the exception of each missed handoff, and writes it into the audit log. One that is there already stays as it is.
 * Call it in the transaction that makes them missed (I6). Gives the number opened.
 */
export function openMissedHandoffs(connection: Queryable, missed: readonly MissedHandoff[]): Promise<number> {
  const reason = 'A handoff passed its deadline without its end.';
  return openExceptions(
    connection,
    missed.map(({ occurrence, ...rest }) => ({ ...rest, reason, cause: causeOf(occurrence) })),
  );
}

/**
 * Opens the case that each of these events is, and writes it into the audit log: one for each event, however often it is looked at.
 * Call it in the transaction that says the event is matched. Gives the number opened.
 */
export function openReportedCases(connection: Queryable, reported: readonly ReportedCase[]): Promise<number> {
  return openExceptions(
    connection,
    reported.map(({ source, id, type, ...rest }) => ({
      ...rest,
      ...{ handoff: null, phase: null, cohort: null, side: null, toSide: null, recoveredAt: null },
      reason: `The event ${type} opens a case.`,
      cause: `event:${source.replaceAll('%', '%25').replaceAll(':', '%3A')}:${id}`,
    })),
  );
}

/**
 * Opens the case of each of these units, and writes it into the audit log: one for each unit and phase, whatever comes after. Call it in the
 * transaction that writes its findings down. Gives the number opened.
 */
export function openTwoSidedCases(connection: Queryable, found: readonly TwoSidedCase[]): Promise<number> {
  return openExceptions(
    connection,
    found.map(({ unit, ...rest }) => ({
      ...rest,
      ...{ handoff: null, toSide: null, recoveredAt: null },
      reason: 'Systems of both sides act for one unit.',
      cause: `${WRONG_SIDE}:${rest.phase}:${unit}`,
    })),
  );
}

/** What the causes of such cases begin with. */
export const WRONG_SIDE = 'wrongSide';

/** Opens cases, each cause once, and writes them into the audit log. Gives the number opened. */
export async function openExceptions(connection: Queryable, opening: readonly NewException[]): Promise<number> {
  if (opening.length === 0) return 0;
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
      opening.map((row) => row.migration),
      opening.map((row) => row.cause),
      opening.map((row) => row.queue),
      opening.map((row) => row.handoff),
      opening.map((row) => row.phase),
      opening.map((row) => row.cohort),
      opening.map((row) => row.side),
      opening.map((row) => row.journey),
      opening.map((row) => row.subject),
      opening.map((row) => row.owner),
      opening.map((row) => row.sla),
      opening.map((row) => (row.recoveredAt === null ? null : new Date(row.recoveredAt).toISOString())),
      opening.map((row) => row.toSide),
    ],
  );
  const byCause = new Map(opening.map((row) => [`${row.migration} ${row.cause}`, row]));
  for (const { id, migration, cause } of rows) {
    const row = byCause.get(`${migration} ${cause}`);
    if (row === undefined) continue;
    const { phase, cohort, reason, planHash, queue, handoff, side, toSide } = row;
    await appendAudit(connection, {
      ...SWEEPER,
      migration,
      phase: phase ?? undefined,
      cohort: cohort ?? undefined,
      action: 'exception.opened',
      reason,
      planHash,
      evidence: {
        ...{ exception: id, cause, queue, handoff, side },
        lane: toSide === null ? null : laneOf(side, toSide),
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
