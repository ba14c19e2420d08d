import type { KindDeclaration, KindHandoff } from './kind-declaration';
import { hasHandoffs } from './own-checks';

const TO_PHARMACY: KindHandoff = {
  id: 'approved-to-acknowledged',
  start: 'review.approved',
  end: ['prescription.acknowledged'],
  within: '2h',
  unless: ['prescription.rejected'],
  severity: 'safety',
  queue: 'decision-not-propagated',
};

/** Provider review, routing and fulfillment: a decision reaches everyone who waits for it (R15). */
export const PROVIDER_ROUTING: KindDeclaration = {
  kind: 'providerRouting',
  unit: 'episode',
  stages: [
    { id: 'assigned', reachedBy: 'review.assigned' },
    { id: 'approved', reachedBy: 'review.approved' },
    { id: 'declined', reachedBy: 'review.declined' },
    { id: 'prescribed', reachedBy: 'prescription.acknowledged' },
    { id: 'shipped', reachedBy: 'order.shipped' },
    { id: 'tracked', reachedBy: 'tracking.visible' },
  ],
  events: [
    { type: 'review.assigned', data: { licensedIn: { codesOf: 'state' } } },
    { type: 'review.approved' },
    { type: 'review.declined' },
    { type: 'decision.told', data: { channel: { codes: ['email', 'sms'] } } },
    { type: 'payment.refunded', data: { reason: { codes: ['withdrew', 'fraudCheck', 'declined'] } } },
    { type: 'patient.withdrew' },
    { type: 'prescription.acknowledged' },
    { type: 'prescription.rejected' },
    { type: 'prescription.rerouted' },
    { type: 'order.shipped' },
    { type: 'tracking.visible' },
  ],
  handoffs: [
    {
      id: 'review-to-decision',
      start: 'review.assigned',
      end: ['review.approved', 'review.declined'],
      within: '24h',
      unless: ['payment.refunded', 'patient.withdrew'],
      severity: 'access',
      queue: 'decision-not-propagated',
    },
    {
      id: 'declined-to-told',
      start: 'review.declined',
      end: ['decision.told'],
      within: '2h',
      severity: 'experience',
      queue: 'decision-not-propagated',
    },
    {
      id: 'declined-to-refunded',
      start: 'review.declined',
      end: ['payment.refunded'],
      within: '24h',
      endKind: 'payment',
      severity: 'money',
      queue: 'decision-not-propagated',
    },
    TO_PHARMACY,
    {
      id: 'rejected-to-rerouted',
      start: 'prescription.rejected',
      end: ['prescription.rerouted'],
      within: '4h',
      severity: 'safety',
      queue: 'decision-not-propagated',
    },
    {
      id: 'acknowledged-to-shipped',
      start: 'prescription.acknowledged',
      end: ['order.shipped'],
      within: '2d',
      severity: 'access',
      queue: 'decision-not-propagated',
    },
    {
      id: 'shipped-to-tracking',
      start: 'order.shipped',
      end: ['tracking.visible'],
      within: '2h',
      endKind: 'portalRefills',
      severity: 'experience',
      queue: 'decision-not-propagated',
    },
  ],
  gates: [
    {
      id: 'decision-against-legacy',
      handoff: 'review-to-decision',
      severity: 'access',
      rule: { kind: 'comparison', margin: '10%', minimumOutcomes: 30 },
    },
    {
      id: 'pharmacy-floor',
      handoff: 'approved-to-acknowledged',
      severity: 'safety',
      rule: { kind: 'floor', atLeast: '97%', minimumOutcomes: 20 },
    },
    {
      id: 'shipping-floor',
      handoff: 'acknowledged-to-shipped',
      severity: 'access',
      rule: { kind: 'floor', atLeast: '95%', minimumOutcomes: 20 },
    },
  ],
  queues: ['decision-not-propagated'],
  probes: [],
  irreversible: [
    {
      effect: 'prescription-sent',
      event: 'prescription.acknowledged',
      undo: 'A pharmacist calls the pharmacy; only what was not dispensed can be cancelled.',
    },
    { effect: 'order-shipped', event: 'order.shipped', undo: 'The shipment arrives; the care team calls the patient.' },
  ],
  milestones: [
    { id: 'approved', reachedBy: 'review.approved' },
    { id: 'prescription-sent', reachedBy: 'prescription.acknowledged' },
  ],
  ownChecks: [
    hasHandoffs({ id: 'pharmacy-leg', requirement: 'R15', passes: 'an approved review is handed to the pharmacy.' }, [
      TO_PHARMACY,
    ]),
  ],
};
