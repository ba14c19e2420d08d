import { unitKey } from '../load/unit-keys';

/** Journeys under way at once: the events of one are that many apart, so nearly each comes in another batch. */
const AT_ONCE = 2_000;
/** Of so many journeys one is never assigned to a provider: its handoff is missed, and opens a case. */
export const DROPPED_EVERY = 200;
export const DROPPED_HANDOFF = 'payment-to-provider-routing';

const CA = { program: 'weight', state: 'CA' };

/** What a patient of examples/telehealth.yaml goes through: who reports it, which key beside the patient's it names, and its data. */
const STEPS = [
  ['/legacy/site', 'landing.viewed', 'visitor', {}],
  ['/legacy/site', 'cta.clicked', 'visitor', {}],
  ['/legacy/intake', 'intake.opened', 'visitor', {}],
  ['/legacy/intake', 'intake.started', undefined, { program: 'weight' }],
  ['/legacy/intake', 'intake.submitted', undefined, CA],
  ['/legacy/crm', 'crm.staged', undefined, {}],
  ['/legacy/chart', 'chart.created', undefined, {}],
  ['/legacy/billing', 'payment.succeeded', 'subscription', CA],
  ['/legacy/messaging', 'message.delivered', undefined, { channel: 'sms' }],
  ['/legacy/chart', 'review.assigned', undefined, { program: 'weight', licensedIn: 'CA' }],
  ['/legacy/chart', 'review.approved', undefined, { program: 'weight' }],
  ['/legacy/pharmacy', 'prescription.acknowledged', undefined, {}],
  ['/legacy/pharmacy', 'order.shipped', undefined, {}],
  ['/legacy/portal', 'tracking.visible', 'login', {}],
  ['/legacy/portal', 'portal.loginRequested', 'login', {}],
  ['/legacy/portal', 'portal.loggedIn', 'login', {}],
] as const;
const ASSIGNED = STEPS.findIndex(([, type]) => type === 'review.assigned');

export const EVENTS_A_JOURNEY = STEPS.length;
/** Of whole journeys, so that none is left in the middle. */
export const EVENTS_A_WAVE = AT_ONCE * EVENTS_A_JOURNEY;

/** The tails of events as JSON, from their source on; the same for all journeys. */
const TAILS = STEPS.map(
  ([source, type, , data]) => `,"source":"${source}","type":"${type}","data":${JSON.stringify(data)}}`,
);
const INSTEAD = `,"source":"/legacy/portal","type":"history.shown","data":{}}`;

/** Keys of a journey's units but for their prefixes: UUIDs as scattered as random ones. */
export function journeyKey(journey: number): string {
  return unitKey(journey).slice('sub_'.length);
}

/** A batch of events by their numbers, as JSON. Whoever is dropped sends something else in its place, so that each number is one event. */
export function batchOf(first: number, count: number, now: string): string {
  const events: string[] = [];
  for (let number = first; number < first + count; number += 1) events.push(eventOf(number, now));
  return `[${events.join(',')}]`;
}

function eventOf(number: number, now: string): string {
  const within = number % EVENTS_A_WAVE;
  const step = Math.floor(within / AT_ONCE);
  const journey = ((number - within) / EVENTS_A_WAVE) * AT_ONCE + (within % AT_ONCE);
  const key = journeyKey(journey);
  const named = STEPS[step]?.[2];
  const unit = named === undefined ? '' : `,"${named}":"${named.slice(0, 3)}_${key}"`;
  const tail = step === ASSIGNED && isDropped(journey) ? INSTEAD : (TAILS[step] ?? INSTEAD);
  // An id is as scattered as a producer's UUID, and like none of a unit.
  return `{"specversion":"1.0","id":"${unitKey(number).slice('sub_'.length)}","subject":"pat_${key}","journey":"ep_${key}"${unit},"time":"${now}"${tail}`;
}

export function isDropped(journey: number): boolean {
  return journey % DROPPED_EVERY === 0;
}

/** Journeys of so many events, those from 0 on. @param events whole waves */
export function journeysOf(events: number): number {
  return (events / EVENTS_A_WAVE) * AT_ONCE;
}
