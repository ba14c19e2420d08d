import { DomainError } from '../domain/domain-error';
import { GIVES_UP_EVENTS, type AcceptReason } from '../domain/queues/case-reasons';
import type { ExceptionEntry } from '../domain/status/exception-page';
import type { Database, Queryable } from './database';
import { act, AlreadyResolved, letGoOn, type Act, type ExceptionRequest, type LockedException } from './exception-act';
import { HappenedAgain } from './exception-actions';
import { giveUpHeld, lockHeld, mustHoldNothing, mustHoldSome } from './held-of-case';

/** Somebody has asked already, for another reason. */
export class AcceptanceAsked extends DomainError {
  readonly code = 'acceptance-asked';
  readonly status = 409;
  constructor() {
    super('Somebody asked already that this case be accepted, for another reason. Agree to that, or refuse it first.');
  }
}

/** Nothing to agree to, or no longer what was agreed to. */
export class AcceptanceNotAsked extends DomainError {
  readonly code = 'acceptance-not-asked';
  readonly status = 409;
  constructor() {
    super(
      "Nobody asks that this case be accepted, or not for this reason. Look at it with 'handoff queue show', then answer what is asked.",
    );
  }
}

/** Four eyes. */
export class AcceptedByAsker extends DomainError {
  readonly code = 'accepted-by-asker';
  readonly status = 403;
  constructor() {
    super('Who asks that a case be accepted cannot agree to it. Let somebody else look.');
  }
}

/** Asks that the case be left as it is. It stays open, with its SLA, until somebody else agrees. @throws UnknownException, AlreadyResolved, AcceptanceAsked, EventsHeld, HoldsNothing, IdempotencyKeyReused */
export function askAcceptance(db: Database, request: ExceptionRequest, reason: AcceptReason): Promise<ExceptionEntry> {
  const asked = { action: 'acceptanceAsked', details: { reason } } as const;
  return act(db, request, asked, async (connection, exception) => {
    const { state, acceptance } = exception;
    if (state !== 'open') throw new AlreadyResolved();
    if (acceptance !== null && acceptance.reason !== reason) throw new AcceptanceAsked();
    if (acceptance !== null) return 'asItWas';
    await (reason === GIVES_UP_EVENTS ? mustHoldSome : mustHoldNothing)(connection, request, exception);
    await connection.query(
      'UPDATE exception SET accept_asked_by = $2, accept_asked_at = clock_timestamp(), accept_reason = $3 WHERE id = $1',
      [request.exception, request.actor, reason],
    );
    return 'changed';
  });
}

/**
 * Agrees that the case is left as it is: its end, by whom, when and why. Where that is what was asked, the events that it holds are given up for lost.
 * @param reason the one that was asked for: a later request is not agreed to by an answer to an earlier one
 * @throws UnknownException, AlreadyResolved, AcceptanceNotAsked, AcceptedByAsker, EventsHeld, HappenedAgain, IdempotencyKeyReused
 */
export function approveAcceptance(
  db: Database,
  request: ExceptionRequest,
  reason: AcceptReason,
): Promise<ExceptionEntry> {
  let held = 0;
  const accepted: Act = {
    ...{ action: 'accepted', details: { reason } },
    ...(reason === GIVES_UP_EVENTS && {
      first: async (connection) => {
        held = await lockHeld(connection, request);
      },
      besides: () => ({ givenUp: held }),
    }),
  };
  return act(db, request, accepted, async (connection, exception) => {
    if (exception.state === 'accepted' && (await acceptedAlike(connection, request, reason))) return 'asItWas';
    if (exception.state !== 'open') throw new AlreadyResolved();
    if (askedOf(exception, reason).askedBy === request.actor) throw new AcceptedByAsker();
    if (reason !== GIVES_UP_EVENTS) await mustHoldNothing(connection, request, exception);
    // More than what was held a moment ago: nobody saw it.
    else if ((await giveUpHeld(connection, request.migration.id, exception.cause)) !== held) throw new HappenedAgain();
    await connection.query(
      `UPDATE exception SET state = 'accepted', resolved_at = clock_timestamp(), resolved_by = $2,
              snoozed_until = NULL, snooze_reason = NULL, snoozed_by = NULL WHERE id = $1`,
      [request.exception, request.actor],
    );
    await letGoOn(connection, request, exception);
    return 'changed';
  });
}

/** Does not agree, or no longer asks: the case stays open. @throws UnknownException, AlreadyResolved, AcceptanceNotAsked, IdempotencyKeyReused */
export function refuseAcceptance(
  db: Database,
  request: ExceptionRequest,
  reason: AcceptReason,
): Promise<ExceptionEntry> {
  return act(db, request, { action: 'acceptanceRefused', details: { reason } }, async (connection, exception) => {
    if (exception.state !== 'open') throw new AlreadyResolved();
    askedOf(exception, reason);
    await connection.query(
      'UPDATE exception SET accept_asked_by = NULL, accept_asked_at = NULL, accept_reason = NULL WHERE id = $1',
      [request.exception],
    );
    return 'changed';
  });
}

function askedOf({ acceptance }: LockedException, reason: AcceptReason): { askedBy: string } {
  if (acceptance?.reason !== reason) throw new AcceptanceNotAsked();
  return acceptance;
}

async function acceptedAlike(connection: Queryable, request: ExceptionRequest, reason: string): Promise<boolean> {
  const { rowCount } = await connection.query(
    'SELECT FROM exception WHERE id = $1 AND resolved_by = $2 AND accept_reason = $3',
    [request.exception, request.actor, reason],
  );
  return rowCount === 1;
}
