import { acceptEvent } from '../../../domain/events/accept-event';
import { EventContract } from '../../../domain/events/event-contract';
import { isRefused } from '../../../domain/events/event-refusal';
import { correlatedUnits } from '../../../domain/handoffs/correlation';
import { handoffRules } from '../../../domain/handoffs/handoff-rule';
import { loadPlan } from '../../../domain/plan/load-plan';
import { compress } from '../../../domain/time/time-scale';
import type { EventToStore } from '../../../store/events';
import { FACTS_PLAN } from './facts-plan';

/** Three handoffs that count by something else than the journey: a patient, a subscription, an order. */
export const CORRELATED_PLAN = FACTS_PLAN.replace(
  '  - type: payment.retried\n',
  `  - type: payment.retried
  - type: stop.received
  - type: sender.suppressed
    data: { sender: { kind: code, codes: [email, sms] } }
  - type: patient.resumed
  - type: renewal.due
  - type: renewal.settled
  - type: order.shipped
    data: { orderNumber: { kind: integer, required: true } }
  - type: tracking.visible
    data: { orderNumber: { kind: integer, required: true } }
`,
).replace(
  'handoffs:\n',
  `handoffs:
  - id: stop-to-suppressed
    phase: payment
    start: stop.received
    end: sender.suppressed
    unless: [patient.resumed]
    correlate: patient
    within: 15m
    severity: safety
    queue: next-step-not-told
  - id: renewal-to-settled
    phase: payment
    start: renewal.due
    end: renewal.settled
    correlate: { instance: subscription }
    within: 30m
    severity: money
    queue: next-step-not-told
  - id: shipped-to-tracking
    phase: payment
    start: order.shipped
    end: tracking.visible
    correlate: { field: orderNumber }
    within: 20m
    severity: experience
    queue: payment-not-routed
`,
);

const { plan } = loadPlan(CORRELATED_PLAN);
const contract = new EventContract(plan);
const rules = handoffRules(plan, 1);

export interface Happened {
  type: string;
  patient: number;
  /** Number of the episode, of whichever patient. */
  episode: number;
  subscription?: number;
  order?: number;
  sender?: 'email' | 'sms';
  time: number;
  id: string;
  sequence?: number;
}

export const key = (prefix: 'pat' | 'ep' | 'sub', number: number): string =>
  `${prefix}_${number.toString(16).padStart(16, '0')}`;

/** As it reaches the store, at a time scale. */
export function happened(migration: string, one: Happened, timeScale = 1): EventToStore {
  const { type, patient, episode, subscription, order, sender, time, id, sequence = 0 } = one;
  const attributes = {
    ...{ specversion: '1.0', id, source: '/legacy/billing', type, sequence: String(sequence) },
    ...{ subject: key('pat', patient), journey: key('ep', episode), time: new Date(time).toISOString() },
    ...(subscription !== undefined && { subscription: key('sub', subscription) }),
  };
  const fields = { ...(order !== undefined && { orderNumber: order }), ...(sender !== undefined && { sender }) };
  const data = Object.keys(fields).length === 0 ? undefined : fields;
  const accepted = acceptEvent({ attributes: new Map(Object.entries(attributes)), data }, contract, Date.now());
  if (isRefused(accepted)) throw new Error(accepted.refused.message);
  const lateness = compress(plan.lateness, timeScale);
  return { ...accepted, migration, lateness, correlated: correlatedUnits(rules, accepted) };
}
