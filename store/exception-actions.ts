import { DomainError } from '../domain/domain-error';
import type { PlanQueue } from '../domain/plan/plan-schema';
import { completeEvidence, type StepEvidence } from '../domain/queues/evidence';
import type { ExceptionAction, ExceptionEntry } from '../domain/status/exception-page';
import { compress } from '../domain/time/time-scale';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { readEntry, UnknownException } from './exception-pages';
import { letUnitGoOn } from './go-on';

/** Somebody else has resolved the case, or it was resolved before. */
export class AlreadyResolved extends DomainError {
  readonly code = 'already-resolved';
  readonly status = 409;
  constructor() {
    super(
      "The case is resolved already; nothing was changed. Look at it with 'handoff queue show'; reopen it if it is not.",
    );
  }
}

/** Only a resolved case can be reopened. */
export class NotResolved extends DomainError {
  readonly code = 'not-resolved';
  readonly status = 409;
  constructor() {
    super('The case is open; there is nothing to reopen.');
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

/** Gives the case to an actor. @throws UnknownException, AlreadyResolved, IdempotencyKeyReused */
export function assignException(db: Database, request: ExceptionRequest, to: string): Promise<ExceptionEntry> {
  return act(db, request, { action: 'assigned', details: { to } }, async (connection, { state, assignedTo }) => {
    if (state !== 'open') throw new AlreadyResolved();
    if (assignedTo === to) return 'asItWas';
    await connection.query('UPDATE exception SET assigned_to = $2 WHERE id = $1', [request.exception, to]);
    return 'changed';
  });
}

/**
 * Closes the case, by one reference for each step of its queue's path (I8).
 * @throws UnknownException, EvidenceMissing, AlreadyResolved, IdempotencyKeyReused
 */
export function resolveException(
  db: Database,
  request: ExceptionRequest,
  evidence: readonly StepEvidence[],
): Promise<ExceptionEntry> {
  const inOrder = [...evidence].sort((a, b) => a.step - b.step);
  return act(db, request, { action: 'resolved', details: { evidence: inOrder } }, async (connection, exception) => {
    const complete = completeEvidence(queueOf(request, exception.queue).path, inOrder);
    const { rowCount } = await connection.query(
      `UPDATE exception SET state = 'resolved', resolved_at = clock_timestamp(), resolved_by = $2, evidence = $3::jsonb
        WHERE id = $1 AND state = 'open'`,
      [request.exception, request.actor, JSON.stringify(complete)],
    );
    if (rowCount === 1) {
      if (await letUnitGoOn(connection, request.exception)) await writeDownGoingOn(connection, request, exception);
      return 'changed';
    }
    // Said again by whoever resolved it, with the same references: nothing to refuse, and nothing to do.
    const { rowCount: same } = await connection.query(
      'SELECT FROM exception WHERE id = $1 AND resolved_by = $2 AND evidence = $3::jsonb',
      [request.exception, request.actor, JSON.stringify(complete)],
    );
    if (same === 1) return 'asItWas';
    throw new AlreadyResolved();
  });
}

/** Whoever waited for this case goes on where they are. */
async function writeDownGoingOn(
  connection: Queryable,
  { migration, exception, actor }: ExceptionRequest,
  { phase, cohort }: LockedException,
): Promise<void> {
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

/** Opens a resolved case again: its SLA starts anew. @throws UnknownException, NotResolved, IdempotencyKeyReused */
export function reopenException(db: Database, request: ExceptionRequest, reason: string): Promise<ExceptionEntry> {
  return act(db, request, { action: 'reopened', details: { reason } }, async (connection, { state, queue }) => {
    if (state !== 'resolved') throw new NotResolved();
    await connection.query(
      `UPDATE exception SET state = 'open', reopened = reopened + 1, due_at = clock_timestamp() + $2::float8 * interval '1 millisecond',
              resolved_at = NULL, resolved_by = NULL, evidence = NULL
        WHERE id = $1`,
      [request.exception, compress(queueOf(request, queue).sla, request.migration.timeScale)],
    );
    return 'changed';
  });
}

function queueOf({ queues }: ExceptionRequest, id: string): PlanQueue {
  const queue = queues.find((one) => one.id === id);
  if (queue === undefined) throw new Error('A case is in a queue that the plan lacks.');
  return queue;
}

interface LockedException {
  queue: string;
  state: ExceptionEntry['state'];
  assignedTo: string | null;
  handoff: string | null;
  phase: string | null;
  cohort: string | null;
}

type Act = Pick<ExceptionAction, 'action' | 'details'>;

/** Does one thing to one case under its lock, with its action and its audit row in one transaction (I13). */
async function act(
  db: Database,
  request: ExceptionRequest,
  act: Act,
  change: (connection: Queryable, exception: LockedException) => Promise<'changed' | 'asItWas'>,
): Promise<ExceptionEntry> {
  const { migration, exception, queues } = request;
  return db.transaction(async (connection) => {
    const locked = await lockException(connection, request);
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

async function lockException(
  connection: Queryable,
  { migration, exception }: ExceptionRequest,
): Promise<LockedException> {
  const { rows } = await connection.query<LockedException & Record<string, unknown>>(
    `SELECT queue, state, assigned_to AS "assignedTo", handoff, phase, cohort FROM exception WHERE migration = $1 AND id = $2 FOR UPDATE`,
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
async function keep(
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
  const { action, details } = act;
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
    evidence: { exception, queue, handoff, ...evidence },
    onceKey: `exception.${action}:${id}`,
  });
}
