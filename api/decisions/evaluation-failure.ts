import { DomainError } from '../../domain/domain-error';

/** OFREP's codes of what went wrong with one evaluation. */
export type OfrepErrorCode = 'PARSE_ERROR' | 'TARGETING_KEY_MISSING' | 'INVALID_CONTEXT' | 'FLAG_NOT_FOUND' | 'GENERAL';

/** The body is not an evaluation request. */
export class MalformedEvaluation extends DomainError {
  readonly code = 'malformed-evaluation';
  readonly status = 400;
  constructor() {
    super('Send a JSON object with the evaluation context: { "context": { "targetingKey": … } }.');
  }
}

/** No unit was named: nobody's side can be told, and none is made up. */
export class TargetingKeyMissing extends DomainError {
  readonly code = 'targeting-key-missing';
  readonly status = 400;
  constructor() {
    super("Send the unit's key as text in 'targetingKey' of the context.");
  }
}

/** No migration that was started has a phase of this name. */
export class FlagNotFound extends DomainError {
  readonly code = 'flag-not-found';
  readonly status = 404;
  constructor() {
    super(
      "There is no such flag. Ask for '<migration>.<phase>' of a migration that was started, or for '<phase>' while one live migration has it.",
    );
  }
}

/** The bare name of a phase that more than one live migration has. */
export class FlagAmbiguous extends DomainError {
  readonly code = 'flag-ambiguous';
  readonly status = 400;
  constructor() {
    super("Several live migrations have this phase. Ask for '<migration>.<phase>'.");
  }
}

/** The request is larger than an evaluation context may be. */
export class ContextTooLarge extends DomainError {
  readonly code = 'context-too-large';
  readonly status = 413;
  constructor() {
    super('Send an evaluation context of 64 KiB at most: the key, and the attributes that the plan declares.');
  }
}

/** The request's body did not come in time. */
export class ContextTooSlow extends DomainError {
  readonly code = 'context-too-slow';
  readonly status = 408;
  constructor() {
    super('The evaluation context did not arrive within 5 seconds. Send it again, all at once.');
  }
}

/** Postgres does not answer, so no side can be told. Nobody is sent anywhere by default. */
export class SidesOutOfReach extends DomainError {
  readonly code = 'sides-out-of-reach';
  readonly status = 503;
  constructor() {
    super(
      'The record of sides cannot be reached, so nothing was decided. Keep the patient where they are and ask again.',
    );
  }
}

/** This process has as many questions waiting as it takes on. Nobody is sent anywhere by default. */
export class Overloaded extends DomainError {
  readonly code = 'overloaded';
  readonly status = 503;
  constructor() {
    super(
      'This process has too many questions waiting to take on another, so nothing was decided. The patient keeps the side they have: serve them as before, and ask again.',
    );
  }
}

/** As many streams of changes are open as one process holds, or it is about to end. */
export class TooManyStreams extends DomainError {
  readonly code = 'too-many-streams';
  readonly status = 503;
  constructor() {
    super(
      'This process takes no other stream of changes. Ask for the sides again every so often instead, and come back later.',
    );
  }
}

/** The address of a stream of changes names nobody who may read it, or has run out. */
export class StreamNotOpened extends DomainError {
  readonly code = 'stream-not-opened';
  readonly status = 401;
  constructor() {
    super('This address opens no stream, or no longer. Ask for all flags again: the answer names the stream to open.');
  }
}

/** Something failed that nobody foresaw. */
export class EvaluationFailed extends DomainError {
  readonly code = 'internal-error';
  readonly status = 500;
  constructor(correlationId: string) {
    super(
      `Something failed that nobody foresaw. Ask again; if it fails again, look for ${correlationId} in the log of the API.`,
    );
  }
}

/** What OFREP calls a failure of ours; `GENERAL` where it has no name for it. */
export function ofrepErrorCode(failure: DomainError): OfrepErrorCode {
  if (failure instanceof TargetingKeyMissing) return 'TARGETING_KEY_MISSING';
  if (failure instanceof FlagNotFound) return 'FLAG_NOT_FOUND';
  if (failure instanceof MalformedEvaluation) return 'PARSE_ERROR';
  if (failure.code === 'invalid-context' || failure.code === 'key-outside-grammar') return 'INVALID_CONTEXT';
  return 'GENERAL';
}
