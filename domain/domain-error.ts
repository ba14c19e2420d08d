/**
 * A failure that the product names: `code` and `status` are stable and part of the API, the message says what to do next.
 * The API answers it as RFC 9457 problem details. No message echoes a value that was received.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string;
  /** The HTTP status that the API answers with. */
  abstract readonly status: number;
  /** Whether the same call may succeed later, with nothing changed by anybody here. */
  readonly retryable: boolean = false;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}
