import { DomainError } from '../domain/domain-error';
import { LONGEST_SNOOZE, type SnoozeReason } from '../domain/queues/case-reasons';
import type { ExceptionEntry } from '../domain/status/exception-page';
import { parseDuration } from '../domain/time/duration';
import type { Database } from './database';
import { act, AlreadyResolved, type ExceptionRequest } from './exception-act';

/** A case is put off to a moment that lies before now, or too far off. */
export class SnoozeOutOfBounds extends DomainError {
  readonly code = 'snooze-out-of-bounds';
  readonly status = 400;
  constructor() {
    super(
      `Put the case off to a moment from now on, at most ${LONGEST_SNOOZE} off. Accept it if nobody is to work on it.`,
    );
  }
}

/** Nothing to wake. */
export class NotSnoozed extends DomainError {
  readonly code = 'not-snoozed';
  readonly status = 409;
  constructor() {
    super('The case is not put off; nothing was changed.');
  }
}

/**
 * Puts a case off. Its SLA goes on: it stays open, is counted, warned of and overdue as if it were not, since waiting is no less long for the patient.
 * What ends is that it is handed out as the next to work on.
 * @param until in milliseconds since 1970
 * @throws UnknownException, AlreadyResolved, SnoozeOutOfBounds, IdempotencyKeyReused
 */
export function snoozeException(
  db: Database,
  request: ExceptionRequest,
  { until, reason }: { until: number; reason: SnoozeReason },
): Promise<ExceptionEntry> {
  const moment = new Date(until).toISOString();
  return act(db, request, { action: 'snoozed', details: { until: moment, reason } }, async (connection, { state }) => {
    if (state !== 'open') throw new AlreadyResolved();
    const { rows } = await connection.query<{ fits: boolean; same: boolean }>(
      `SELECT $2::timestamptz > clock_timestamp() AND $2 <= clock_timestamp() + $3::float8 * interval '1 millisecond' AS fits,
              (snoozed_until = $2 AND snooze_reason = $4) IS TRUE AS same FROM exception WHERE id = $1`,
      [request.exception, moment, parseDuration(LONGEST_SNOOZE), reason],
    );
    if (rows[0]?.fits !== true) throw new SnoozeOutOfBounds();
    if (rows[0].same) return 'asItWas';
    await connection.query(
      'UPDATE exception SET snoozed_until = $2, snooze_reason = $3, snoozed_by = $4 WHERE id = $1',
      [request.exception, moment, reason, request.actor],
    );
    return 'changed';
  });
}

/** Takes up a case before it was put off to. @throws UnknownException, AlreadyResolved, NotSnoozed, IdempotencyKeyReused */
export function wakeException(db: Database, request: ExceptionRequest): Promise<ExceptionEntry> {
  return act(db, request, { action: 'woken', details: {} }, async (connection, { state }) => {
    if (state !== 'open') throw new AlreadyResolved();
    const { rowCount } = await connection.query(
      `UPDATE exception SET snoozed_until = NULL, snooze_reason = NULL, snoozed_by = NULL
        WHERE id = $1 AND snoozed_until > clock_timestamp()`,
      [request.exception],
    );
    if (rowCount !== 1) throw new NotSnoozed();
    return 'changed';
  });
}
