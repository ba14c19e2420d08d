import type { Clock } from '../../domain/time/clock';
import type { Milliseconds } from '../../domain/time/duration';
import { SIGNATURE_HEADER, signText } from '../../platform/sign-text';
import { noticeKey, type Channel } from './channel';
import type { Notice } from './notifier';
import { postText } from './post-text';

export interface WebhookOptions {
  name?: string;
  clock: Clock;
  /** Where notices are posted to. */
  url: string;
  /** Signs each notice (see `signText`). */
  secret: string;
  timeout?: Milliseconds;
}

/** Posts each notice as JSON to one URL, signed; a repetition has the same body and `Idempotency-Key`. */
export class WebhookChannel implements Channel {
  readonly kind = 'webhook';
  readonly name: string;

  constructor(private readonly options: WebhookOptions) {
    this.name = options.name ?? 'webhook';
  }

  deliver(notice: Notice): Promise<void> {
    const { url, secret, clock, timeout } = this.options;
    // The same at each repetition, as an idempotency key demands.
    const body = noticeBody(notice);
    return postText({
      ...{ url, body, ...(timeout !== undefined && { timeout }) },
      headers: { 'idempotency-key': noticeKey(notice), [SIGNATURE_HEADER]: signText(body, secret, clock.now()) },
    });
  }
}

/** Field by field: whatever else a caller's object holds stays here. */
function noticeBody({ onceKey, migration, phase, cohort, kind, urgency, message, team, incident }: Notice): string {
  return JSON.stringify({ onceKey, migration, phase, cohort, kind, urgency, message, team, incident });
}
