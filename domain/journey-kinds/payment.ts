import type { KindDeclaration, KindHandoff } from './kind-declaration';
import { hasHandoffs } from './own-checks';

const UNLESS = ['payment.refunded', 'patient.withdrew'];

const TO_NEXT_STEP: KindHandoff = {
  id: 'payment-to-next-step-message',
  start: 'payment.succeeded',
  end: ['message.delivered'],
  within: '10m',
  unless: UNLESS,
  severity: 'experience',
  queue: 'payment-not-routed',
};

/** The side that provider routing is on assigns the review: a bridge while payment has moved and routing has not. */
const TO_ROUTING: KindHandoff = {
  id: 'payment-to-provider-routing',
  start: 'payment.succeeded',
  end: ['review.assigned'],
  within: '10m',
  unless: UNLESS,
  endKind: 'providerRouting',
  severity: 'access',
  queue: 'payment-not-routed',
};

/** Payment and qualification: who paid hears what happens next, and is with a provider (R14). */
export const PAYMENT: KindDeclaration = {
  kind: 'payment',
  unit: 'subscription',
  stages: [
    { id: 'paid', reachedBy: 'payment.succeeded' },
    { id: 'told', reachedBy: 'message.delivered' },
    { id: 'assigned', reachedBy: 'review.assigned' },
  ],
  events: [
    { type: 'payment.succeeded' },
    { type: 'payment.failed', data: { reason: { codes: ['cardDeclined'] } } },
    { type: 'payment.refunded', data: { reason: { codes: ['withdrew', 'fraudCheck', 'declined'] } } },
    { type: 'patient.withdrew' },
    { type: 'message.delivered', data: { channel: { codes: ['email', 'sms'] } } },
    { type: 'review.assigned', data: { licensedIn: { codesOf: 'state' } } },
  ],
  handoffs: [TO_NEXT_STEP, TO_ROUTING],
  gates: [
    {
      id: 'routing-floor',
      handoff: 'payment-to-provider-routing',
      severity: 'access',
      rule: { kind: 'floor', atLeast: '97%', minimumOutcomes: 20 },
    },
    {
      id: 'routing-against-legacy',
      handoff: 'payment-to-provider-routing',
      severity: 'access',
      rule: { kind: 'comparison', margin: '5%', minimumOutcomes: 30 },
    },
    {
      id: 'next-step-floor',
      handoff: 'payment-to-next-step-message',
      severity: 'experience',
      rule: { kind: 'floor', atLeast: '98%', minimumOutcomes: 20 },
    },
  ],
  queues: ['payment-not-routed'],
  probes: [],
  irreversible: [
    {
      effect: 'card-charged',
      event: 'payment.succeeded',
      undo: 'Billing refunds case by case; a rollback never does.',
    },
    { effect: 'message-sent', event: 'message.delivered', undo: 'Send a correction where the next step is another.' },
  ],
  milestones: [{ id: 'paid', reachedBy: 'payment.succeeded' }],
  ownChecks: [
    hasHandoffs({ id: 'payment-legs', requirement: 'R14', passes: 'both legs after a payment are handed off.' }, [
      TO_NEXT_STEP,
      TO_ROUTING,
    ]),
  ],
};
