import { DomainError } from '../domain/domain-error';
import { completeEvidence, withSteps, type StepEvidence } from '../domain/queues/evidence';
import type { ExceptionEntry } from '../domain/status/exception-page';
import { compress } from '../domain/time/time-scale';
import type { Database, Queryable } from './database';
import { act, AlreadyResolved, letGoOn, queueOf, type ExceptionRequest, type LockedException } from './exception-act';
import { holdAgain, mustHoldNothing } from './held-of-case';

/** Only a case that has ended can be reopened. */
export class NotResolved extends DomainError {
  readonly code = 'not-resolved';
  readonly status = 409;
  constructor() {
    super('The case is open; there is nothing to reopen.');
  }
}

/** What whoever resolves a case knows of it. */
export interface Seen {
  /** How often it happened; undefined: not said. */
  occurrences?: number | undefined;
  /** How many cases are part of it; none unless said, where `occurrences` is. */
  merged?: number | undefined;
}

/** The case counts more than whoever resolves it has seen. */
export class HappenedAgain extends DomainError {
  readonly code = 'happened-again';
  readonly status = 409;
  constructor() {
    super(
      "It happened again, or another case was merged into it, since you looked; nothing was changed. Look at all of it with 'handoff queue show', then resolve the case.",
    );
  }
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
 * Notes that one step of the case's path was done. Noted again with another reference, the later one counts; the earlier stays in its history.
 * @throws UnknownException, AlreadyResolved, NoSuchStep, IdempotencyKeyReused
 */
export function noteStep(db: Database, request: ExceptionRequest, done: StepEvidence): Promise<ExceptionEntry> {
  return act(db, request, { action: 'stepDone', details: { ...done } }, async (connection, exception) => {
    if (exception.state !== 'open') throw new AlreadyResolved();
    const before = exception.evidence ?? [];
    if (before.some(({ step, reference }) => step === done.step && reference === done.reference)) return 'asItWas';
    const evidence = withSteps(queueOf(request, exception.queue).path, before, done);
    await connection.query('UPDATE exception SET evidence = $2::jsonb WHERE id = $1', [
      request.exception,
      JSON.stringify(evidence),
    ]);
    return 'changed';
  });
}

/**
 * Closes the case, by one reference for each step of its queue's path (I8): those given, and for the other steps those noted before.
 * @param seen what whoever resolves it knows of: what came since, or was merged into it, is not resolved with that
 * @throws UnknownException, EvidenceMissing, AlreadyResolved, HappenedAgain, EventsHeld, IdempotencyKeyReused
 */
export function resolveException(
  db: Database,
  request: ExceptionRequest,
  evidence: readonly StepEvidence[],
  seen: Seen = {},
): Promise<ExceptionEntry> {
  const inOrder = [...evidence].sort((a, b) => a.step - b.step);
  return act(db, request, { action: 'resolved', details: { evidence: inOrder } }, async (connection, exception) => {
    if (exception.state === 'open') await mustHaveSeen(connection, request, exception, seen);
    const noted = (exception.evidence ?? []).filter(({ step }) => inOrder.every((given) => given.step !== step));
    if (exception.state === 'open') await mustHoldNothing(connection, request, exception);
    const complete = completeEvidence(queueOf(request, exception.queue).path, [...inOrder, ...noted]);
    if (exception.state === 'open') {
      await connection.query(
        `UPDATE exception SET state = 'resolved', resolved_at = clock_timestamp(), resolved_by = $2, evidence = $3::jsonb,
                snoozed_until = NULL, snooze_reason = NULL, snoozed_by = NULL, accept_asked_by = NULL, accept_asked_at = NULL, accept_reason = NULL
          WHERE id = $1`,
        [request.exception, request.actor, JSON.stringify(complete)],
      );
      await letGoOn(connection, request, exception);
      return 'changed';
    }
    // Said again by whoever resolved it, with the same references: nothing to refuse, and nothing to do.
    const { rowCount: same } = await connection.query(
      `SELECT FROM exception WHERE id = $1 AND state = 'resolved' AND resolved_by = $2 AND evidence = $3::jsonb`,
      [request.exception, request.actor, JSON.stringify(complete)],
    );
    if (same === 1) return 'asItWas';
    throw new AlreadyResolved();
  });
}

/** @throws HappenedAgain */
async function mustHaveSeen(
  connection: Queryable,
  { exception }: ExceptionRequest,
  { occurrences }: LockedException,
  seen: Seen,
): Promise<void> {
  if (seen.occurrences !== undefined && seen.occurrences !== occurrences) throw new HappenedAgain();
  const known = seen.merged ?? (seen.occurrences === undefined ? undefined : 0);
  if (known === undefined) return;
  const { rows } = await connection.query<{ merged: number }>(
    'SELECT count(*)::float8 AS merged FROM exception WHERE merged_into = $1',
    [exception],
  );
  if (rows[0]?.merged !== known) throw new HappenedAgain();
}

/**
 * Opens a case again that has ended. Its SLA starts anew; but for one that was merged: that one never should have been, so it is due when it was, and
 * keeps the steps that were done. Events that were given up with it are held again. @throws UnknownException, NotResolved, IdempotencyKeyReused
 */
export function reopenException(db: Database, request: ExceptionRequest, reason: string): Promise<ExceptionEntry> {
  return act(db, request, { action: 'reopened', details: { reason } }, async (connection, { state, queue, cause }) => {
    if (state === 'open') throw new NotResolved();
    await holdAgain(connection, request.migration.id, cause);
    await connection.query(
      `UPDATE exception SET state = 'open', reopened = reopened + 1, resolved_at = NULL, resolved_by = NULL, merged_into = NULL,
              due_at = CASE WHEN state = 'merged' THEN due_at ELSE clock_timestamp() + $2::float8 * interval '1 millisecond' END,
              evidence = CASE WHEN state = 'merged' THEN evidence END,
              -- What happened since has a case of its own by now, which what comes next is counted on.
              same = CASE WHEN NOT EXISTS (SELECT FROM exception o WHERE o.migration = exception.migration AND o.queue = exception.queue
                                              AND o.same = exception.same AND o.state = 'open') THEN same END,
              accept_asked_by = NULL, accept_asked_at = NULL, accept_reason = NULL
        WHERE id = $1`,
      [request.exception, compress(queueOf(request, queue).sla, request.migration.timeScale)],
    );
    return 'changed';
  });
}
