import { laneOf } from '../domain/handoffs/lane';
import type { Side } from '../domain/sides/side';
import type { EventReference, ExceptionWhy } from '../domain/status/exception-page';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Queryable } from './database';
import { causeKey, knownCauses, linkRepeats, recoverRepeats, sameEvent, sameHandoff } from './exception-repeats';

/** A patient's case, before it is opened. */
export interface NewException {
  migration: string;
  planHash: string;
  /** Opens at most one. */
  cause: string;
  /** Of those with the same at most one is open: what happens again is counted on it. Without it each is a case of its own. */
  same?: string | null;
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
  recoveredBy?: EventReference | null;
  why?: ExceptionWhy | null;
  /** For the audit log. */
  reason: string;
}

/** A handoff occurrence that was missed for good. */
export interface MissedHandoff extends Omit<NewException, 'cause' | 'same' | 'reason'> {
  occurrence: string;
  handoff: string;
  /** What tells it from others of its journey, where it is correlated by something else. */
  apartBy?: string | undefined;
  phase: string;
  toSide: Side;
}

/** An end that came once more, of a handoff whose end must come once. */
export interface SecondEnd extends Omit<
  NewException,
  'cause' | 'same' | 'reason' | 'recoveredAt' | 'recoveredBy' | 'why'
> {
  occurrence: string;
  handoff: string;
  phase: string;
  toSide: Side;
  end: EventReference;
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
 * Opens the exception of each missed handoff, and writes it into the audit log; or counts it on the open one of the same handoff in the same journey. One
 * that is there already stays as it is. Call it in the transaction that makes them missed (I6). Gives the number opened.
 */
export function openMissedHandoffs(connection: Queryable, missed: readonly MissedHandoff[]): Promise<number> {
  const reason = 'A handoff passed its deadline without its end.';
  return openExceptions(
    connection,
    missed.map(({ occurrence, apartBy, ...rest }) => ({
      ...rest,
      ...{ reason, cause: causeOf(occurrence), same: sameHandoff({ ...rest, apartBy }) },
    })),
  );
}

/**
 * Opens the case of each end that came once more, and writes it into the audit log: one for each, since each is a charge to give back or a
 * parcel to fetch. What became of its handoff stays as it is (I6). Gives the number opened.
 */
export function openSecondEnds(connection: Queryable, seconds: readonly SecondEnd[]): Promise<number> {
  return openExceptions(
    connection,
    seconds.map(({ occurrence, end, ...rest }) => ({
      ...rest,
      ...{ recoveredAt: null, why: { secondEnd: end } },
      reason: 'An end that must come once came once more.',
      cause: `secondEnd:${occurrence}:${withoutColons(end.source)}:${end.id}`,
    })),
  );
}

/**
 * Opens the case that each of these events is, and writes it into the audit log: one for each event, however often it is looked at;
 * or counts it on the open one of the same type in the same journey.
 * Call it in the transaction that says the event is matched. Gives the number opened.
 */
export function openReportedCases(connection: Queryable, reported: readonly ReportedCase[]): Promise<number> {
  return openExceptions(
    connection,
    reported.map(({ source, id, type, ...rest }) => ({
      ...rest,
      ...{ handoff: null, phase: null, cohort: null, side: null, toSide: null, recoveredAt: null },
      same: sameEvent({ ...rest, type }),
      reason: `The event ${type} opens a case.`,
      cause: `event:${withoutColons(source)}:${id}`,
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

/** A case may end between the look at it and the counting on it: then it is opened anew. Twice in a row is as good as never. */
const ROUNDS = 10;

/**
 * Opens cases, each cause once, and writes them into the audit log; what is the same as an open one is counted on that. I6: each cause has exactly one
 * case afterwards. Gives the number opened.
 */
export async function openExceptions(connection: Queryable, opening: readonly NewException[]): Promise<number> {
  let left = opening;
  let opened = 0;
  for (let round = 0; left.length > 0; round += 1) {
    if (round === ROUNDS)
      throw new Error('Cases end as fast as they are opened. Nothing was written; it is tried again.');
    const written = await insertExceptions(connection, left);
    opened += written.size;
    left = left.filter((row) => !written.has(causeKey(row)));
    if (left.length === 0) break;
    const known = await knownCauses(connection, left);
    left = left.filter((row) => !known.has(causeKey(row)));
    if (left.length === 0) break;
    const linked = await linkRepeats(connection, left);
    left = left.filter((row) => !linked.has(causeKey(row)));
  }
  return opened;
}

/** Gives those that it wrote, by {@link causeKey}. */
async function insertExceptions(connection: Queryable, opening: readonly NewException[]): Promise<Set<string>> {
  const { rows } = await connection.query<{ id: string; migration: string; cause: string }>(
    `WITH opening AS MATERIALIZED (SELECT clock_timestamp() AS at)
     INSERT INTO exception (migration, cause, queue, handoff, phase, cohort, side, to_side, journey, subject, owner, opened_at, due_at, recovered_at, same,
                            recovered_by, why)
     SELECT i.migration, i.cause, i.queue, i.handoff, i.phase, i.cohort, i.side, i.to_side, i.journey, i.subject, i.owner,
            o.at, o.at + i.sla * interval '1 millisecond', i.recovered_at, i.same, i.recovered_by, i.why
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                   $10::text[], $11::float8[], $12::timestamptz[], $13::text[], $14::text[], $15::jsonb[], $16::jsonb[])
              AS i (migration, cause, queue, handoff, phase, cohort, side, journey, subject, owner, sla, recovered_at, to_side, same,
                    recovered_by, why), opening o
     ON CONFLICT DO NOTHING
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
      opening.map((row) => row.same ?? null),
      opening.map((row) => jsonOrNull(row.recoveredBy ?? null)),
      opening.map((row) => jsonOrNull(row.why ?? null)),
    ],
  );
  const byCause = new Map(opening.map((row) => [causeKey(row), row]));
  for (const { id, migration, cause } of rows) {
    const row = byCause.get(causeKey({ migration, cause }));
    if (row === undefined) continue;
    const { phase, cohort, reason, planHash, queue, handoff, side, toSide, why = null, recoveredBy = null } = row;
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
        ...(why !== null && { why }),
        ...(recoveredBy !== null && { recoveredBy }),
      },
      onceKey: `exception.opened:${cause}`,
    });
  }
  return new Set(rows.map(causeKey));
}

/** Notes on their exceptions, and in the audit log, that the ends of missed handoffs came after all. They stay open for their owner. */
export async function noteRecoveries(
  connection: Queryable,
  recovered: readonly {
    migration: string;
    occurrence: string;
    recoveredAt: number;
    recoveredBy: EventReference | null;
    planHash: string;
  }[],
): Promise<void> {
  if (recovered.length === 0) return;
  const { rows } = await connection.query<{
    id: string;
    migration: string;
    cause: string;
    phase: string | null;
    cohort: string | null;
  }>(
    `UPDATE exception e SET recovered_at = i.at, recovered_by = i.by
       FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::jsonb[]) AS i (migration, cause, at, by)
      WHERE e.migration = i.migration AND e.cause = i.cause AND e.recovered_at IS NULL
      RETURNING e.id, e.migration, e.cause, e.phase, e.cohort`,
    [
      recovered.map((row) => row.migration),
      recovered.map((row) => causeOf(row.occurrence)),
      recovered.map((row) => new Date(row.recoveredAt).toISOString()),
      recovered.map((row) => jsonOrNull(row.recoveredBy)),
    ],
  );
  const again = await recoverRepeats(
    connection,
    recovered.map((row) => ({ ...row, cause: causeOf(row.occurrence) })),
  );
  const plans = new Map(recovered.map((row) => [row.migration, row.planHash]));
  const events = new Map(recovered.map((row) => [causeOf(row.occurrence), row.recoveredBy]));
  for (const row of [...rows, ...again]) {
    const by = events.get(row.cause) ?? null;
    await appendAudit(connection, {
      ...SWEEPER,
      migration: row.migration,
      phase: row.phase ?? undefined,
      cohort: row.cohort ?? undefined,
      action: 'exception.recovered',
      reason: 'The end of a missed handoff came after all.',
      planHash: plans.get(row.migration),
      evidence: { exception: row.id, cause: row.cause, ...(by !== null && { by }) },
      onceKey: `exception.recovered:${row.cause}`,
    });
  }
}

function causeOf(occurrence: string): string {
  return `handoff:${occurrence}`;
}

/** A source may hold any sign; the parts of a cause are told apart by colons. */
function withoutColons(source: string): string {
  return source.replaceAll('%', '%25').replaceAll(':', '%3A');
}

function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
