import type { JourneyKind } from '../../domain/plan/journey';
import type { Side } from '../../domain/sides/side';
import { PATIENT_ATTRIBUTES } from './attributes';

/** The systems of a stack, each with a CloudEvents source of its own. */
export type StackSystem =
  'site' | 'intake' | 'crm' | 'chart' | 'billing' | 'routing' | 'messaging' | 'pharmacy' | 'portal' | 'support';

/** The source of a stack's system: `/target/routing`. On legacy the CRM routes as well. */
export function sourceOf(side: Side, system: StackSystem): string {
  return `/${side}/${side === 'legacy' && system === 'routing' ? 'crm' : system}`;
}

interface JourneyEvent {
  /** Who says so. */
  system: StackSystem;
  /** The part of the journey whose side does it. */
  part: JourneyKind;
  /** Its fields, each with its codes; all are sent. */
  data: Readonly<Record<string, readonly string[]>>;
}

/** What patients write to support about, as support files it. */
export const TICKETS_ABOUT = ['login', 'other'] as const;
/** Of whom each must let go of a patient who says STOP. */
export const SENDERS = ['email', 'sms', 'voice'] as const;

const { program, state } = PATIENT_ATTRIBUTES;
const say = (part: JourneyKind, system: StackSystem, data: JourneyEvent['data'] = {}): JourneyEvent => ({
  part,
  system,
  data,
});

/**
 * What the stacks say of a whole journey. The order is the journey's: it decides between events of the same millisecond. A plan
 * speaks this vocabulary if it declares these types with these fields.
 */
export const JOURNEY_EVENTS = {
  'landing.viewed': say('frontDoor', 'site'),
  'cta.clicked': say('frontDoor', 'site'),
  'intake.opened': say('intake', 'intake'),
  'intake.started': say('intake', 'intake', { program }),
  'intake.submitted': say('intake', 'intake', { program, state }),
  'intake.abandoned': say('intake', 'intake'),
  'crm.staged': say('intake', 'crm'),
  'record.duplicated': say('intake', 'crm'),
  'chart.created': say('providerRouting', 'chart'),
  'record.mismatched': say('providerRouting', 'chart'),
  'payment.failed': say('payment', 'billing', { reason: ['cardDeclined'] }),
  'payment.succeeded': say('payment', 'billing', { program, state }),
  'patient.withdrew': say('payment', 'billing'),
  'message.delivered': say('payment', 'messaging', { channel: ['email', 'sms'] }),
  'review.assigned': say('providerRouting', 'routing', { program, licensedIn: state }),
  'review.approved': say('providerRouting', 'chart', { program }),
  'review.declined': say('providerRouting', 'chart', { program }),
  'payment.refunded': say('payment', 'billing', { reason: ['withdrew', 'fraudCheck', 'declined'] }),
  'decision.told': say('providerRouting', 'messaging', { channel: ['email', 'sms'] }),
  'prescription.rejected': say('providerRouting', 'pharmacy'),
  'prescription.rerouted': say('providerRouting', 'pharmacy'),
  'prescription.acknowledged': say('providerRouting', 'pharmacy'),
  'order.shipped': say('providerRouting', 'pharmacy'),
  'tracking.visible': say('portalRefills', 'portal'),
  'portal.loginRequested': say('portalRefills', 'portal'),
  'portal.left': say('portalRefills', 'portal'),
  'portal.loggedIn': say('portalRefills', 'portal'),
  'history.requested': say('portalRefills', 'portal'),
  'history.shown': say('portalRefills', 'portal'),
  'refill.requested': say('portalRefills', 'portal'),
  'refill.decided': say('portalRefills', 'chart', { decision: ['approved', 'declined'] }),
  'checkin.delivered': say('portalRefills', 'messaging', { channel: ['email', 'sms'] }),
  'support.ticketOpened': say('portalRefills', 'support', { about: TICKETS_ABOUT }),
  'support.answered': say('portalRefills', 'support'),
  'stop.received': say('portalRefills', 'messaging'),
  'sender.suppressed': say('portalRefills', 'messaging', { sender: SENDERS }),
} as const satisfies Readonly<Record<string, JourneyEvent>>;

export type JourneyEventType = keyof typeof JOURNEY_EVENTS;
export const JOURNEY_EVENT_TYPES = Object.keys(JOURNEY_EVENTS) as JourneyEventType[];
