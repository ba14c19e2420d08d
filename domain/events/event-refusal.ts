import { DomainError } from '../domain-error';

/** Every reason an event is refused for, with the status that the API answers a single one with. Codes are stable. */
export const EVENT_REFUSALS = {
  'unsupported-media-type': 415,
  'malformed-json': 400,
  'malformed-event': 400,
  'batch-too-large': 413,
  'bad-header-encoding': 400,
  'unsupported-specversion': 400,
  'event-without-id': 400,
  'event-without-source': 400,
  'event-without-type': 400,
  'event-without-subject': 400,
  'event-without-journey': 400,
  'bad-event-id': 400,
  'unknown-event-source': 400,
  'source-of-another': 403,
  'unknown-event-type': 400,
  'key-outside-grammar': 400,
  'bad-event-time': 400,
  'event-from-the-future': 400,
  'event-too-old': 400,
  'bad-event-sequence': 400,
  'data-not-json': 400,
  'undeclared-field': 400,
  'missing-field': 400,
  'bad-field': 400,
  'migration-not-named': 400,
  'unknown-migration': 400,
  'no-live-migration': 409,
  'event-id-reused': 409,
} as const;
export type EventRefusalCode = keyof typeof EVENT_REFUSALS;

/** Why one event was not taken: a stable code, and a sentence that says what to do and repeats nothing that was received. */
export interface EventRefusal {
  code: EventRefusalCode;
  message: string;
}

/** Told apart from an event that was taken by its `refused`. */
export interface Refused {
  refused: EventRefusal;
}

export function refuse(code: EventRefusalCode, message: string): Refused {
  return { refused: { code, message } };
}

export function isRefused(value: object): value is Refused {
  return 'refused' in value;
}

/** A message that holds no event to judge, or a single event that was refused. Nothing of it was kept. */
export class EventRefused extends DomainError {
  readonly code: EventRefusalCode;
  readonly status: number;
  constructor(refusal: EventRefusal) {
    super(refusal.message);
    this.code = refusal.code;
    this.status = EVENT_REFUSALS[refusal.code];
  }
}
