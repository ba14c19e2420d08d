/** Why a case is put off. Codes alone: what a person would write about a patient is not asked for. */
export const SNOOZE_REASONS = [
  'waiting-for-patient',
  'waiting-for-provider',
  'waiting-for-pharmacy',
  'waiting-for-vendor',
  'waiting-for-fix',
  'other-case-first',
  'out-of-hours',
] as const;
export type SnoozeReason = (typeof SNOOZE_REASONS)[number];

/** Why a case is left as it is. */
export const ACCEPT_REASONS = [
  'corrected-elsewhere',
  'patient-declined',
  'patient-not-reached',
  'no-effect-on-patient',
  'cannot-be-corrected',
  'test-patient',
  'events-given-up',
] as const;
/** The one by which events that a case holds are given up for lost; a case that holds some is accepted for no other. */
export const GIVES_UP_EVENTS = 'events-given-up' satisfies AcceptReason;
export type AcceptReason = (typeof ACCEPT_REASONS)[number];

/** How far off a case can be put. */
export const LONGEST_SNOOZE = '30d';
