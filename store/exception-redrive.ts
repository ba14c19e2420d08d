import { DomainError } from '../domain/domain-error';
import { redriveBody, type OwedCommand, type RedriveReason } from '../domain/queues/redrive';
import type { Side } from '../domain/sides/side';
import type { ExceptionEntry, ExceptionWhy } from '../domain/status/exception-page';
import type { Database, Queryable } from './database';
import { act, AlreadyResolved, type ExceptionRequest } from './exception-act';
import { isInFlight, writeRedrive } from './redrives';

/** No system owes a command for this case, or the plan does not say which. */
export class NoRedrive extends DomainError {
  readonly code = 'no-redrive';
  readonly status = 409;
  constructor(why: keyof typeof WHY) {
    super(WHY[why]);
  }
}

const WHY = {
  noHandoff: 'No missed handoff opened this case, so no system owes a command for it. Work on it by its steps.',
  notDeclared:
    "The plan does not say which command is sent again for this handoff on this side. Have it done by hand, by the case's steps; to have it sent, declare 'redrive' at the handoff, and put the changed plan in force.",
} as const;

/** What was missing came after all. */
export class AlreadyRecovered extends DomainError {
  readonly code = 'already-recovered';
  readonly status = 409;
  constructor() {
    super(
      "What was missing came after all; nothing was sent. Look at it with 'handoff queue show', and resolve the case if all is well.",
    );
  }
}

/** Which command a missed handoff lacks, by the side that must end it; undefined where the plan says none. */
export type FindOwedCommand = (handoff: string, side: Side) => OwedCommand | undefined;

/**
 * Has the case's missing command sent again to the system that owes it; a worker sends it, and the case shows what became of that. It stays open: only the end's
 * arrival recovers it. While one is on its way, that one is the answer.
 * @throws UnknownException, AlreadyResolved, AlreadyRecovered, NoRedrive, IdempotencyKeyReused
 */
export function redriveException(
  db: Database,
  request: ExceptionRequest,
  reason: RedriveReason,
  owed: FindOwedCommand,
): Promise<ExceptionEntry> {
  let sent: OwedCommand | undefined;
  const redriven = { action: 'redriven', details: { reason }, besides: () => ({ ...sent }) } as const;
  return act(db, request, redriven, async (connection, { state, kind, handoff }) => {
    if (state !== 'open') throw new AlreadyResolved();
    const { side, recovered, journey, subject, why } = await readOwing(connection, request.exception);
    if (kind !== 'handoff' || handoff === null || side === null) throw new NoRedrive('noHandoff');
    if (recovered) throw new AlreadyRecovered();
    if (await isInFlight(connection, request.exception)) return 'asItWas';
    sent = owed(handoff, side);
    if (sent === undefined) throw new NoRedrive('notDeclared');
    const { migration, exception, actor } = request;
    const of = { migration: migration.id, exception };
    const body = redriveBody(sent.command, { ...of, handoff, side, journey, subject, lacking: why?.lacking });
    const { command, system } = sent;
    await writeRedrive(connection, {
      ...{ ...of, command, system, side, body, reason, askedBy: actor, planHash: migration.planHash },
    });
    return 'changed';
  });
}

interface Owing extends Record<string, unknown> {
  side: Side | null;
  recovered: boolean;
  journey: string;
  subject: string;
  why: ExceptionWhy | null;
}

async function readOwing(connection: Queryable, exception: string): Promise<Owing> {
  const { rows } = await connection.query<Owing>(
    `SELECT to_side AS side, recovered_at IS NOT NULL AND unrecovered = 0 AS recovered, journey, subject, why FROM exception WHERE id = $1`,
    [exception],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('A case that is held is gone.');
  return row;
}
