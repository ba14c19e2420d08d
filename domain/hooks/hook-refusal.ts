import { DomainError } from '../domain-error';

/** Every reason a vendor's delivery, or one of the events in it, is refused for, with the status of an answer that is nothing but that. Codes are stable. */
export const HOOK_REFUSALS = {
  'unknown-hook': 404,
  'hook-of-several-migrations': 409,
  'hook-secret-missing': 503,
  'hook-unsigned': 401,
  'hook-signature-wrong': 401,
  'hook-signature-expired': 401,
  'hook-encoded': 415,
  'hook-body-type': 415,
  'hook-body-too-large': 413,
  'hook-body-slow': 408,
  'hook-malformed': 400,
  'hook-too-deep': 400,
  'hook-too-many-events': 400,
  'hook-not-of-vendor': 400,
  'hook-event-without-id': 400,
  'hook-event-without-type': 400,
  'hook-other-account': 400,
  'hook-bad-time': 400,
  'hook-contradicts-itself': 409,
  'hook-field-missing': 400,
  'hook-expression-failed': 400,
} as const;
export type HookRefusalCode = keyof typeof HOOK_REFUSALS;

/** Why something of a delivery was not taken: a stable code, and a sentence that says what to do and repeats nothing that was received. */
export interface HookRefusal {
  code: HookRefusalCode;
  message: string;
}

/** A whole delivery is refused. Nothing of it was kept. */
export class HookRefused extends DomainError {
  readonly status: number;
  constructor(
    readonly code: HookRefusalCode,
    message: string,
  ) {
    super(message);
    this.status = HOOK_REFUSALS[code];
  }
}
