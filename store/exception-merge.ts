import { DomainError } from '../domain/domain-error';
import type { ExceptionEntry } from '../domain/status/exception-page';
import type { Database, Queryable } from './database';
import { act, AlreadyResolved, keep, type ExceptionRequest, type LockedException } from './exception-act';
import { readEntry, UnknownException } from './exception-pages';
import { countHeld } from './held-of-case';
import { isInFlight } from './redrives';

/** Two cases that cannot be one. */
export class CannotMerge extends DomainError {
  readonly code = 'cannot-merge';
  readonly status = 409;
  constructor(why: keyof typeof WHY) {
    super(WHY[why]);
  }
}

const WHY = {
  itself: 'A case is not merged into itself. Name the case that it is part of.',
  otherPatient: 'The two cases are of two patients. Only cases of one patient are merged.',
  ended: "The other case has ended. Reopen it first, or merge into one that is open: 'handoff queue list' shows them.",
  holdsEvents:
    "The case holds events of a vendor's: merged, nobody would look after them. 'handoff crosswalk held --case <case>' lists them and says what ends it.",
  redriven:
    "The case's missing command is on its way: merged, it would not be sent. Merge when 'handoff queue show' says what became of it.",
  waitedFor: 'Somebody waits on target for this case: merged, it would never let them go on. Resolve it instead.',
} as const;

/**
 * Makes the case part of another one of the same patient, which is due no later than either was, and no longer put off nor to be accepted: who asked for
 * that knew less. What opened it and which steps were done stays with it;
 * reopening parts the two again.
 * @throws UnknownException, AlreadyResolved, CannotMerge, IdempotencyKeyReused
 */
export function mergeException(db: Database, request: ExceptionRequest, into: string): Promise<ExceptionEntry> {
  const merging = { action: 'merged', details: { into } } as const;
  const change = async (connection: Queryable, merged: LockedException): Promise<'changed' | 'asItWas'> => {
    const { migration, exception, actor, queues } = request;
    const { state, kind } = merged;
    const other = await readOther(connection, request, into);
    if (state === 'merged' && other.hasTakenIn) return 'asItWas';
    if (state !== 'open') throw new AlreadyResolved();
    if (into === exception) throw new CannotMerge('itself');
    if (!other.samePatient) throw new CannotMerge('otherPatient');
    if (other.state !== 'open') throw new CannotMerge('ended');
    if (kind === 'pause') throw new CannotMerge('waitedFor');
    if ((await countHeld(connection, migration.id, merged.cause)) > 0) throw new CannotMerge('holdsEvents');
    if (await isInFlight(connection, exception)) throw new CannotMerge('redriven');
    await connection.query(
      `UPDATE exception e SET due_at = least(e.due_at, m.due_at),
              snoozed_until = NULL, snooze_reason = NULL, snoozed_by = NULL, accept_asked_by = NULL, accept_asked_at = NULL, accept_reason = NULL
         FROM exception m WHERE e.id = $2 AND m.id = $1`,
      [exception, into],
    );
    await connection.query(
      `UPDATE exception SET state = 'merged', merged_into = $2, resolved_at = clock_timestamp(), resolved_by = $3,
              snoozed_until = NULL, snooze_reason = NULL, snoozed_by = NULL, accept_asked_by = NULL, accept_asked_at = NULL, accept_reason = NULL
        WHERE id = $1`,
      [exception, into, actor],
    );
    const answer = await readEntry(connection, { migration: migration.id, exception: into }, queues);
    const takenIn = { ...request, exception: into, idempotencyKey: undefined };
    await keep(connection, takenIn, { action: 'tookIn', details: { merged: exception } }, answer, true);
    return 'changed';
  };
  return act(db, request, merging, change, [into]);
}

async function readOther(
  connection: Queryable,
  { migration, exception }: ExceptionRequest,
  into: string,
): Promise<{ state: string; samePatient: boolean; hasTakenIn: boolean }> {
  const { rows } = await connection.query<{ state: string; samePatient: boolean; hasTakenIn: boolean }>(
    `SELECT o.state, (e.merged_into = o.id) IS TRUE AS "hasTakenIn",
            o.subject = e.subject OR o.subject IN (SELECT keys_of_person($1, e.subject)) AS "samePatient"
       FROM exception o, exception e WHERE o.migration = $1 AND o.id = $2 AND e.id = $3`,
    [migration.id, into, exception],
  );
  const other = rows[0];
  if (other === undefined) throw new UnknownException();
  return other;
}
