import { DomainError } from '../domain/domain-error';
import type { OwedCommand, RedriveReason } from '../domain/queues/redrive';
import type { Side } from '../domain/sides/side';
import type { ExceptionEntry } from '../domain/status/exception-page';
import type { Database } from './database';
import { act, AlreadyResolved, type ExceptionRequest } from './exception-act';
import { countedUnits, findStart, readMissing, type Missing } from './missing-ends';
import { writeRedrive } from './redrives';
import { sidesNow } from './side-now';

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

/** I7, I17: the system that owed the command is no longer the patient's. */
export class SideMoved extends DomainError {
  readonly code = 'side-moved';
  readonly status = 409;
  constructor() {
    super(
      "The patient has changed side since the handoff was missed: the system that owed the command acts for them no more, so nothing was sent. See with 'handoff patient' where they are now, and have it done there by the case's steps.",
    );
  }
}

/** Which command a missed handoff lacks, by the side that must end it; undefined where the plan says none. */
export type FindOwedCommand = (handoff: string, side: Side) => OwedCommand | undefined;

/**
 * Has the case's missing command sent again to the system that owes it, once for each missed handoff of the case whose end has not come; a worker sends it, and
 * the case shows what became of that. It stays open: only the end's arrival recovers it. While one is on its way, that one is the answer.
 * @throws UnknownException, AlreadyResolved, AlreadyRecovered, NoRedrive, SideMoved, IdempotencyKeyReused
 */
export function redriveException(
  db: Database,
  request: ExceptionRequest,
  reason: RedriveReason,
  owed: FindOwedCommand,
): Promise<ExceptionEntry> {
  const commands: { command: string; system: string; cause: string }[] = [];
  const redriven = { action: 'redriven', details: { reason }, besides: () => ({ commands }) } as const;
  return act(db, request, redriven, async (connection, { state, kind, handoff }) => {
    commands.length = 0;
    if (state !== 'open') throw new AlreadyResolved();
    if (kind !== 'handoff' || handoff === null) throw new NoRedrive('noHandoff');
    const missing = await readMissing(connection, request.exception);
    if (missing.length === 0) throw new AlreadyRecovered();
    const idle = missing.filter(({ inFlight }) => !inFlight);
    if (idle.length === 0) return 'asItWas';
    const owing = idle.flatMap((one): (Missing & { owed: OwedCommand })[] => {
      const command = owed(handoff, one.side);
      return command === undefined ? [] : [{ ...one, owed: command }];
    });
    if (owing.length === 0) throw new NoRedrive('notDeclared');
    const { migration, exception, actor } = request;
    for (const one of owing) {
      const { command, system } = one.owed;
      const start = await findStart(connection, one, one.owed.start);
      const units = await countedUnits(connection, migration.id, one, one.owed, start);
      const [now] = await sidesNow(connection, [{ migration: migration.id, ...units }]);
      if (now !== one.side) continue;
      const { cause, side, journey, subject, lacking } = one;
      await writeRedrive(connection, {
        ...{ migration: migration.id, exception, handoff, cause, command, system, side, units, reason },
        ...{ journey, subject, start: start?.reference, lacking, askedBy: actor, planHash: migration.planHash },
      });
      commands.push({ command, system, cause });
    }
    if (commands.length === 0) throw new SideMoved();
    return 'changed';
  });
}
