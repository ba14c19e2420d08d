import { request } from 'undici';
import type { Clock } from '../../domain/time/clock';
import type { Milliseconds } from '../../domain/time/duration';
import { SIGNATURE_HEADER, signText } from '../../platform/sign-text';
import type { Queryable } from '../../store/database';
import { markDelivered, recordNotice } from '../../store/notices';
import { NotDelivered } from './not-delivered';
import type { Notice, Notifier } from './notifier';

export interface WebhookOptions {
  db: Queryable;
  clock: Clock;
  /** Where notices are posted to. May hold a credential: it is never logged nor put into an error. */
  url: string;
  /** Signs each notice (see `signText`). */
  secret: string;
  /** For the whole exchange, from connecting to the last byte of the answer's head. */
  timeout?: Milliseconds;
}

const DEFAULT_TIMEOUT: Milliseconds = 10_000;
/** Of an answer's body, read so that the other end can finish; beyond it, and beyond the timeout, the connection is cut. */
const IGNORED_BYTES = 65_536;

/**
 * Posts each notice as JSON to one URL, signed. A notice is recorded before it is sent and marked as delivered after a 2xx answer;
 * a crash between the two sends it once more, with the same `Idempotency-Key`, by which the receiver knows the repetition.
 * Repeating after NotDelivered is the caller's.
 */
export class WebhookNotifier implements Notifier {
  constructor(private readonly options: WebhookOptions) {}

  async send(notice: Notice): Promise<void> {
    const { id, alreadyDelivered } = await recordNotice(this.options.db, notice);
    if (alreadyDelivered) return;
    await this.post(notice);
    await markDelivered(this.options.db, id);
  }

  private async post(notice: Notice): Promise<void> {
    const status = await this.statusOf(notice);
    // A redirect is not followed: the notice and its signature are for the declared receiver alone.
    if (status < 200 || status > 299) throw new NotDelivered(`answered ${status}`);
  }

  private async statusOf(notice: Notice): Promise<number> {
    const { url, secret, clock, timeout = DEFAULT_TIMEOUT } = this.options;
    // The same at each repetition, as an idempotency key demands.
    const body = noticeBody(notice);
    const signal = AbortSignal.timeout(timeout);
    try {
      const response = await request(url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'warm-handoff',
          // A once-key is unique within its migration.
          'idempotency-key': `${notice.migration}/${notice.onceKey}`,
          [SIGNATURE_HEADER]: signText(body, secret, clock.now()),
        },
        // A new connection each time: notices are rare, and an idle one that the other end has closed would lose one.
        reset: true,
        signal,
      });
      await response.body.dump({ limit: IGNORED_BYTES }).catch(() => undefined);
      return response.statusCode;
    } catch {
      throw new NotDelivered(signal.aborted ? `did not answer within ${timeout} ms` : 'could not be reached');
    }
  }
}

/** Field by field: whatever else a caller's object holds stays here. */
function noticeBody({ onceKey, migration, phase, cohort, kind, urgency, message }: Notice): string {
  return JSON.stringify({ onceKey, migration, phase, cohort, kind, urgency, message });
}
