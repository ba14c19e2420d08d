import { DomainError } from '../domain/domain-error';
import type { PlanQueue } from '../domain/plan/plan-schema';
import type { StepEvidence } from '../domain/queues/evidence';
import type { ExceptionAction, ExceptionEntry } from '../domain/status/exception-page';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { readEntry, UnknownException } from './exception-pages';
import { letUnitGoOn } from './go-on';

/** The case has ended: somebody else was first, or it did long ago. */
export class AlreadyResolved extends DomainError {
  readonly code = 'already-resolved';
  readonly status = 409;
  constructor() {
    super(
      "The case has ended already; nothing was changed. Look at it with 'handoff queue show'; reopen it if it is not done with.",
    );
  }
}

/** A key stands for one request. */
export class IdempotencyKeyReused extends DomainError {
  readonly code = 'idempotency-key-reused';
  readonly status = 409;
  constructor() {
    super('Another request had this Idempotency-Key. Give each one a key of its own; repeat one only unchanged.');
  }
}

/** A case, and who does something with it. */
export interface ExceptionRequest {
  migration: { id: string; planHash: string; timeScale: number };
  /** The plan's. */
  queues: readonly PlanQueue[];
  exception: string;
  /** Its id. */
  actor: string;
  /** The same request of the same actor with the same key is carried out once, and answered alike each time. */
  idempotencyKey?: string;
}

export function queueOf({ queues }: ExceptionRequest, id: string): PlanQueue {
  const queue = queues.find((one) => one.id === id);
  if (queue === undefined) throw new Error('A case is in a queue that the plan lacks.');
  return queue;
}

/** A case as it is, held until the transaction ends. */
export interface LockedException {
  queue: string;
  state: ExceptionEntry['state'];
  assignedTo: string | null;
  handoff: string | null;
  phase: string | null;
  cohort: string | null;
  kind: string;
  cause: string;
  evidence: StepEvidence[] | null;
  occurrences: number;
  acceptance: { reason: string; askedBy: string } | null;
}

export interface Act extends Pick<ExceptionAction, 'action' | 'details'> {
  /** What the audit log says besides; asked for once it is done. */
  besides?: () => Record<string, unknown>;
  /** What is to be held before the case is. */
  first?: (connection: Queryable) => Promise<void>;
}

/**
 * Does one thing to one case under its lock, with its action and its audit row in one transaction (I13).
 * @param besides other cases that it changes, held as well
 */
export async function act(
  db: Database,
  request: ExceptionRequest,
  act: Act,
  change: (connection: Queryable, exception: LockedException) => Promise<'changed' | 'asItWas'>,
  besides: readonly string[] = [],
): Promise<ExceptionEntry> {
  const { migration, exception, queues } = request;
  return orAgain(db, async (connection) => {
    await act.first?.(connection);
    const locked = await lockException(connection, request, besides);
    const before = await answeredBefore(connection, request, act);
    if (before !== undefined) return before;
    const changed = await change(connection, locked);
    const entry = await readEntry(connection, { migration: migration.id, exception }, queues);
    // What changed nothing is no action. Its key stands for it nevertheless: a late repetition must not undo what came in between.
    if (changed === 'changed') await writeDown(connection, request, act, locked, entry);
    else if (request.idempotencyKey !== undefined) await keep(connection, request, act, entry, false);
    return entry;
  });
}

/** A sweeper holds the cases that it recovers in the order that it meets them: of it and somebody who holds two, one may have to begin anew. */
const DEADLOCK = '40P01';
/** A case was reopened at the moment in which another one was opened for the same trouble. */
const OPENED_BESIDE = 'exception_same';
const TRIES = 5;

async function orAgain<Result>(db: Database, work: (connection: Queryable) => Promise<Result>): Promise<Result> {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return await db.transaction(work);
    } catch (error) {
      const { code, constraint } = error as { code?: unknown; constraint?: unknown };
      if (left === 0 || (code !== DEADLOCK && constraint !== OPENED_BESIDE)) throw error;
    }
  }
}

/** Holds the case and those besides, in the order of their numbers: whoever holds several does so in it, so that no two wait for each other. */
async function lockException(
  connection: Queryable,
  { migration, exception }: ExceptionRequest,
  besides: readonly string[],
): Promise<LockedException> {
  await connection.query(
    'SELECT FROM exception WHERE migration = $1 AND id = ANY ($2::bigint[]) ORDER BY id FOR UPDATE',
    [migration.id, [exception, ...besides]],
  );
  const { rows } = await connection.query<LockedException & Record<string, unknown>>(
    `SELECT queue, state, assigned_to AS "assignedTo", handoff, phase, cohort, kind, cause, evidence, occurrences,
            CASE WHEN accept_reason IS NOT NULL THEN jsonb_build_object('reason', accept_reason, 'askedBy', accept_asked_by) END AS acceptance
       FROM exception WHERE migration = $1 AND id = $2`,
    [migration.id, exception],
  );
  const row = rows[0];
  if (row === undefined) throw new UnknownException();
  return row;
}

/** @throws IdempotencyKeyReused where the key stood for something else */
async function answeredBefore(
  connection: Queryable,
  { migration, exception, actor, idempotencyKey }: ExceptionRequest,
  { action, details }: Act,
): Promise<ExceptionEntry | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const { rows } = await connection.query<{ answer: ExceptionEntry; same: boolean }>(
    `SELECT answer, exception = $4 AND action = $5 AND details = $6::jsonb AS same
       FROM exception_action WHERE migration = $1 AND actor = $2 AND idempotency_key = $3`,
    [migration.id, actor, idempotencyKey, exception, action, JSON.stringify(details)],
  );
  const row = rows[0];
  if (row?.same === false) throw new IdempotencyKeyReused();
  return row?.answer;
}

/** Keeps an action under its key with its answer; gives its id. @throws IdempotencyKeyReused */
export async function keep(
  connection: Queryable,
  { migration, exception, actor, idempotencyKey }: ExceptionRequest,
  { action, details }: Act,
  answer: ExceptionEntry,
  changed: boolean,
): Promise<string> {
  const { rows } = await connection.query<{ id: string }>(
    `INSERT INTO exception_action (migration, exception, action, actor, details, idempotency_key, answer, changed)
     VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7::jsonb, $8)
     ON CONFLICT (migration, actor, idempotency_key) DO NOTHING RETURNING id`,
    [
      ...[migration.id, exception, action, actor, JSON.stringify(details), idempotencyKey ?? null],
      ...[JSON.stringify(answer), changed],
    ],
  );
  const [written] = rows;
  // Two cases at one moment under one key: the other was first, and this one is undone.
  if (written === undefined) throw new IdempotencyKeyReused();
  return written.id;
}

async function writeDown(
  connection: Queryable,
  request: ExceptionRequest,
  act: Act,
  { queue, handoff, phase, cohort }: LockedException,
  answer: ExceptionEntry,
): Promise<void> {
  const id = await keep(connection, request, act, answer, true);
  const { migration, exception, actor } = request;
  const { action, details, besides } = act;
  const { reason, ...evidence } = details;
  await appendAudit(connection, {
    migration: migration.id,
    phase: phase ?? undefined,
    cohort: cohort ?? undefined,
    actor,
    verified: true,
    action: `exception.${action}`,
    ...(typeof reason === 'string' && { reason }),
    planHash: migration.planHash,
    evidence: { exception, queue, handoff, ...evidence, ...besides?.() },
    onceKey: `exception.${action}:${id}`,
  });
}

/** The end of a case of a pause: whoever waited for it goes on where they are. */
export async function letGoOn(
  connection: Queryable,
  { migration, exception, actor }: ExceptionRequest,
  { phase, cohort }: LockedException,
): Promise<void> {
  if (!(await letUnitGoOn(connection, exception))) return;
  await appendAudit(connection, {
    migration: migration.id,
    phase: phase ?? undefined,
    cohort: cohort ?? undefined,
    actor,
    verified: true,
    action: 'placement.wentOn',
    planHash: migration.planHash,
    evidence: { released: 1, exception },
  });
}
