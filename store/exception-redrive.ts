import { DomainError } from '../domain/domain-error';
import { redriveBody, type OwedCommand, type RedriveReason } from '../domain/queues/redrive';
import type { Side } from '../domain/sides/side';
import type { EventReference, ExceptionEntry, ExceptionWhy } from '../domain/status/exception-page';
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
  let sent: Pick<OwedCommand, 'command' | 'system'> | undefined;
  const redriven = { action: 'redriven', details: { reason }, besides: () => ({ ...sent }) } as const;
  return act(db, request, redriven, async (connection, { state, kind, handoff }) => {
    if (state !== 'open') throw new AlreadyResolved();
    const { side, recovered, journey, subject, why } = await readOwing(connection, request.exception);
    if (kind !== 'handoff' || handoff === null || side === null) throw new NoRedrive('noHandoff');
    if (recovered) throw new AlreadyRecovered();
    if (await isInFlight(connection, request.exception)) return 'asItWas';
    const owing = owed(handoff, side);
    if (owing === undefined) throw new NoRedrive('notDeclared');
    const { command, system } = owing;
    sent = { command, system };
    const { migration, exception, actor } = request;
    const of = { migration: migration.id, exception };
    const start = await findStart(connection, exception, owing.start);
    const body = redriveBody(command, { ...of, handoff, side, journey, subject, start, lacking: why?.lacking });
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

/**
 * The event that opened the case's handoff, so that the system can find what it missed: undefined where several, or none that is still kept, can have been that.
 */
async function findStart(connection: Queryable, exception: string, type: string): Promise<EventReference | undefined> {
  const { rows } = await connection.query<{ source: string; id: string; at: Date }>(
    `SELECT v.source, v.id, v.time AS at
       FROM exception e
       JOIN handoff_occurrence o ON o.id = split_part(e.cause, ':', 2)::bigint
       JOIN event v ON v.migration = o.migration AND v.journey = o.journey AND v.type = $2 AND date_trunc('milliseconds', v.time) = o.started_at
      WHERE e.id = $1 AND e.kind = 'handoff' LIMIT 2`,
    [exception, type],
  );
  const [start, another] = rows;
  if (start === undefined || another !== undefined) return undefined;
  return { source: start.source, id: start.id, type, at: start.at.toISOString() };
}
