import type { CodeEntry } from './code-entry';

/** WH3xx: the stack map, and who owns what. */
export const STACK_MAP_CODES = {
  WH301: {
    severity: 'error',
    title: 'A layer is missing from the stack map',
    why: 'Migrations fail at the layer that nobody wrote down (R1): patients meet it on the day.',
    bad: '# no word of the patient portal',
    good: '- layer: patient-portal\n  notApplicable: The portal moves with its own phase, later; nothing of it changes here.',
  },
  WH302: {
    severity: 'error',
    title: 'A system of the other side',
    why: "The data's owner would change sides before anybody moved it, or never.",
    bad: 'dataOwner: { legacy: target-billing, target: target-billing }',
    good: 'dataOwner: { legacy: legacy-billing, target: target-billing }',
  },
  WH303: {
    severity: 'warning',
    title: 'A patient-facing event that no stack reports',
    why: 'What patients see of this layer would be seen by nobody else.',
    bad: 'patientEvents: [prescription.sent, refill.due]',
    good: 'patientEvents: [prescription.sent]',
    waivable: true,
  },
  WH304: {
    severity: 'error',
    title: 'A team named twice',
    why: 'An agreement of one team with itself looks like two.',
    bad: 'agreedBy: [support-leads, support-leads]',
    good: 'agreedBy: [release-managers, support-leads]',
  },
  WH305: {
    severity: 'error',
    title: 'An answer of the stack map that is still to come',
    why: 'On the day nobody owns the data or the action of this layer, and a stuck patient has nobody to turn to (R2). It may wait until a day that somebody answers for.',
    bad: 'actionOwner: TBD\npatientEvents: [payment.succeeded, payment.refunded]',
    good: 'actionOwner: billing-operations\npatientEvents: [payment.succeeded, payment.refunded]',
    waivable: true,
  },
} as const satisfies Record<string, CodeEntry>;
