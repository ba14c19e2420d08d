/** The eight layers of a stack map (R1), each a row that the plan must fill in. */
export const LAYERS = [
  'landing-and-attribution',
  'intake-and-registration',
  'crm-and-routing',
  'charting-and-ehr',
  'billing-and-subscriptions',
  'patient-communication',
  'pharmacy-lab-fulfillment',
  'patient-portal',
] as const;
export type Layer = (typeof LAYERS)[number];

/** The seven stages of the patient's journey (R3), in their order: a plan starts from these, never from a list of vendors. */
export const STAGES = [
  'discovery',
  'intake',
  'payment',
  'provider-review',
  'fulfillment',
  'portal-visibility',
  'refills',
] as const;
export type Stage = (typeof STAGES)[number];

/** What has exactly one owner at a time in every migration (R4); a plan adds its own. */
export const DATA = [
  'patient-contact',
  'intake-answers',
  'provider-decision',
  'payment-status',
  'subscription-status',
  'fulfillment-status',
  'support-ownership',
] as const;

/** The parts of the journey that a phase can move, in the patient's order (R8). */
export const JOURNEY_KINDS = ['frontDoor', 'intake', 'payment', 'providerRouting', 'portalRefills'] as const;
export type JourneyKind = (typeof JOURNEY_KINDS)[number];

/** The part of the journey that a phase moves. `custom` is a part that only this plan knows. */
export const PHASE_KINDS = [...JOURNEY_KINDS, 'custom'] as const;
export type PhaseKind = (typeof PHASE_KINDS)[number];

export const SEVERITIES = ['safety', 'money', 'access', 'experience'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a person may do. Held by actors; a plan asks for them in its approvals. */
export const ROLES = ['release-manager', 'engineer', 'clinical-lead', 'support-lead', 'automation', 'stack'] as const;
export type Role = (typeof ROLES)[number];

/** Gates that a plan may have by their name alone. */
export const BUILT_IN_GATE_NAMES = [
  ...(['intake-completion', 'payment-to-provider-routing', 'portal-access', 'tickets-over-capacity'] as const),
  ...(['double-charge', 'unlicensed', 'no-next-step'] as const),
] as const;
export type BuiltInGateName = (typeof BUILT_IN_GATE_NAMES)[number];
