import { DomainError } from '../domain/domain-error';
import { laneOf } from '../domain/handoffs/lane';
import type { PlanQueue } from '../domain/plan/plan-schema';
import type { StepEvidence } from '../domain/queues/evidence';
import type { Side } from '../domain/sides/side';
import type {
  ExceptionAction,
  ExceptionEntry,
  ExceptionHistory,
  ExceptionPage,
  ExceptionState,
} from '../domain/status/exception-page';
import type { Queryable } from './database';
import { readMarks } from './exception-clocks';
import { readRedrives, REDRIVE, toRedrive, type RedriveRow } from './redrives';
import { countGivenUp, countHeldOf } from './unlinked-events';

/** A page's `after` is not one that an answer gave. */
export class BadCursor extends DomainError {
  readonly code = 'bad-cursor';
  readonly status = 400;
  constructor() {
    super("'after' is not the 'next' of an earlier answer. Leave it out to begin with the first page.");
  }
}

/** No case of the migration has this number. */
export class UnknownException extends DomainError {
  readonly code = 'unknown-exception';
  readonly status = 404;
  constructor() {
    super("The migration has no case of this number. List them with 'handoff queue list'.");
  }
}

/** Which cases, a page at a time. */
export interface ExceptionQuery {
  migration: string;
  queue?: string;
  state?: ExceptionState;
  after?: string;
  limit: number;
}

/** What was missing came after all: of all that the case counts. */
const RECOVERED_AT = 'CASE WHEN e.unrecovered = 0 THEN e.recovered_at END';

const COLUMNS = `e.id, e.queue, e.owner, e.assigned_to AS "assignedTo", e.state, e.handoff, e.phase, e.cohort, e.side, e.to_side AS "toSide",
            e.journey, e.subject, e.cause, e.opened_at AS "openedAt", e.due_at AS "dueAt",
            e.state = 'open' AND e.due_at < clock_timestamp() AS overdue, ${RECOVERED_AT} AS "recoveredAt", e.reopened, e.occurrences,
            e.recovered_by AS "recoveredBy", e.why,
            e.resolved_at AS "resolvedAt", e.resolved_by AS "resolvedBy", e.evidence, e.kind,
            CASE WHEN e.snoozed_until > clock_timestamp() THEN e.snoozed_until END AS "snoozedUntil",
            e.snooze_reason AS "snoozeReason", e.snoozed_by AS "snoozedBy", e.accept_reason AS "acceptReason", e.accept_asked_by AS "acceptAskedBy",
            e.accept_asked_at AS "acceptAskedAt", e.merged_into AS "mergedInto",
            (SELECT ${REDRIVE} FROM redrive r WHERE r.exception = e.id ORDER BY r.id DESC LIMIT 1) AS redrive`;

/** Exported for tests of how it is planned. */
export const LIST_EXCEPTIONS = `
     SELECT ${COLUMNS}, (extract(epoch FROM e.due_at) * 1000000)::bigint || '.' || e.id AS cursor
       FROM exception e
      WHERE e.migration = $1 AND ($2::text IS NULL OR e.queue = $2) AND ($3::text IS NULL OR e.state = $3)
        AND ($4::bigint IS NULL OR (e.due_at, e.id) > ('epoch'::timestamptz + $4::bigint * interval '1 microsecond', $5::bigint))
      ORDER BY e.due_at, e.id LIMIT $6`;

/** Exceptions by their due time, the most urgent first. @param queues the plan's @throws BadCursor */
export async function listExceptions(
  connection: Queryable,
  query: ExceptionQuery,
  queues: readonly PlanQueue[],
): Promise<ExceptionPage> {
  const after = query.after === undefined ? undefined : readDueCursor(query.after);
  const { rows } = await connection.query<ExceptionRow & { cursor: string }>(LIST_EXCEPTIONS, [
    query.migration,
    query.queue ?? null,
    query.state ?? null,
    after?.due ?? null,
    after?.id ?? null,
    query.limit + 1,
  ]);
  const page = rows.slice(0, query.limit);
  return {
    exceptions: page.map((row) => toEntry(row, queues)),
    next: rows.length > query.limit ? (page.at(-1)?.cursor ?? null) : null,
  };
}

/** One case and what was done about it. @throws UnknownException */
export async function readException(
  connection: Queryable,
  of: { migration: string; exception: string },
  queues: readonly PlanQueue[],
): Promise<ExceptionHistory> {
  const exception = await readEntry(connection, of, queues);
  const { rows } = await connection.query<Omit<ExceptionAction, 'at'> & { at: Date }>(
    `SELECT action, actor, at, details FROM exception_action WHERE exception = $1 AND changed ORDER BY id`,
    [of.exception],
  );
  const { rows: merged } = await connection.query<{ id: string }>(
    'SELECT id FROM exception WHERE merged_into = $1 ORDER BY id',
    [of.exception],
  );
  const { rows: again } = await connection.query<{ cause: string; at: Date; recoveredAt: Date | null }>(
    `SELECT cause, at, recovered_at AS "recoveredAt" FROM exception_cause WHERE exception = $1 ORDER BY at, cause LIMIT 1000`,
    [of.exception],
  );
  return {
    exception,
    merged: merged.map(({ id }) => id),
    again: again.map(({ cause, at, recoveredAt }) => ({
      cause,
      at: at.toISOString(),
      recoveredAt: recoveredAt?.toISOString() ?? null,
    })),
    held: await countHeldOf(connection, of.migration, exception.cause),
    givenUp: await countGivenUp(connection, of.migration, exception.cause),
    actions: rows.map(({ at, ...action }) => ({ ...action, at: at.toISOString() })),
    redrives: await readRedrives(connection, of.exception),
    marks: await readMarks(connection, of.exception),
  };
}

/** One case as it is now. @throws UnknownException */
export async function readEntry(
  connection: Queryable,
  { migration, exception }: { migration: string; exception: string },
  queues: readonly PlanQueue[],
): Promise<ExceptionEntry> {
  const { rows } = await connection.query<ExceptionRow>(
    `SELECT ${COLUMNS} FROM exception e WHERE e.migration = $1 AND e.id = $2`,
    [migration, exception],
  );
  const row = rows[0];
  if (row === undefined) throw new UnknownException();
  return toEntry(row, queues);
}

type Moments = 'openedAt' | 'dueAt' | 'recoveredAt' | 'resolvedAt';

interface ExceptionRow extends Omit<ExceptionEntry, Moments | 'lane' | 'steps' | 'snoozed' | 'acceptance' | 'redrive'> {
  toSide: Side | null;
  openedAt: Date;
  dueAt: Date;
  recoveredAt: Date | null;
  resolvedAt: Date | null;
  evidence: StepEvidence[] | null;
  snoozedUntil: Date | null;
  snoozeReason: string | null;
  snoozedBy: string | null;
  acceptReason: string | null;
  acceptAskedBy: string | null;
  acceptAskedAt: Date | null;
  redrive: RedriveRow | null;
}

function toEntry(row: ExceptionRow, queues: readonly PlanQueue[]): ExceptionEntry {
  const { side, toSide, evidence } = row;
  const path = queues.find(({ id }) => id === row.queue)?.path ?? [];
  return {
    id: row.id,
    queue: row.queue,
    owner: row.owner,
    assignedTo: row.assignedTo,
    state: row.state,
    kind: row.kind,
    handoff: row.handoff,
    phase: row.phase,
    cohort: row.cohort,
    side,
    lane: toSide === null ? null : laneOf(side, toSide),
    journey: row.journey,
    subject: row.subject,
    cause: row.cause,
    openedAt: row.openedAt.toISOString(),
    dueAt: row.dueAt.toISOString(),
    overdue: row.overdue,
    recoveredAt: row.recoveredAt?.toISOString() ?? null,
    recoveredBy: row.recoveredBy,
    why: row.why,
    reopened: row.reopened,
    occurrences: row.occurrences,
    snoozed: snoozeOf(row),
    acceptance: acceptanceOf(row),
    mergedInto: row.mergedInto,
    resolvedAt: row.resolvedAt?.toISOString() ?? null,
    resolvedBy: row.resolvedBy,
    redrive: row.redrive === null ? null : toRedrive(row.redrive),
    steps: path.map((what, index) => ({
      step: index + 1,
      what,
      reference: evidence?.find(({ step }) => step === index + 1)?.reference ?? null,
    })),
  };
}

function snoozeOf({ snoozedUntil, snoozeReason, snoozedBy }: ExceptionRow): ExceptionEntry['snoozed'] {
  if (snoozedUntil === null || snoozeReason === null || snoozedBy === null) return null;
  return { until: snoozedUntil.toISOString(), reason: snoozeReason, by: snoozedBy };
}

function acceptanceOf({ acceptReason, acceptAskedBy, acceptAskedAt }: ExceptionRow): ExceptionEntry['acceptance'] {
  if (acceptReason === null || acceptAskedBy === null || acceptAskedAt === null) return null;
  return { reason: acceptReason, askedBy: acceptAskedBy, askedAt: acceptAskedAt.toISOString() };
}

/** Where a page by due time ended. @throws BadCursor */
export function readDueCursor(text: string): { due: string; id: string } {
  const match = /^(\d{1,17})\.(\d{1,18})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) throw new BadCursor();
  return { due: match[1], id: match[2] };
}
