import { DomainError } from '../domain-error';

/** What a stack said about a unit cannot be used. Deciding without it could send a patient to the wrong side. */
export class InvalidContext extends DomainError {
  readonly code = 'invalid-context';
  readonly status = 400;
  /** @param what says what to send, in words of ours and names of the plan's */
  constructor(what: string) {
    super(`${what} The value received was not kept.`);
  }
}
