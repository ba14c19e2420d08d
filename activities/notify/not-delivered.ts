import { DomainError } from '../../domain/domain-error';

/** A notice could not be handed over. */
export class NotDelivered extends DomainError {
  readonly code = 'not-delivered';
  readonly status = 502;
  override readonly retryable = true;

  /** @param what the receiver did, in a few words: `answered 503`. No URL, which may hold a secret. */
  constructor(what: string) {
    super(
      `The notice was not delivered: its receiver ${what}. It is sent again; if this goes on, check where the worker's environment says that notices go, and the service behind it.`,
    );
  }
}
