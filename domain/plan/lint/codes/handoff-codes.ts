import type { CodeEntry } from './code-entry';

/** WH4xx: handoffs and events. */
export const HANDOFF_CODES = {
  WH401: {
    severity: 'error',
    title: 'One event starts and ends a handoff',
    why: 'It would be kept the moment it starts, whatever happens to the patient (I6).',
    bad: 'end: payment.succeeded',
    good: 'end: review.assigned',
  },
  WH402: {
    severity: 'error',
    title: 'One event releases a handoff and starts or keeps it',
    why: 'A handoff ends once, as kept, missed or released; an event that says two of them makes the count a matter of luck (I6).',
    bad: 'within: 10m\nunless: [review.assigned]',
    good: 'within: 10m\nunless: [payment.refunded, patient.withdrew]',
  },
  WH403: {
    severity: 'warning',
    title: 'Known only long after its deadline',
    why: 'A failure shows when deadline and lateness are over. With a lateness as long as the deadline, twice as many patients are stuck before anybody knows.',
    bad: 'within: 60s',
    good: 'within: 5m',
    waivable: true,
  },
  WH404: {
    severity: 'warning',
    title: 'An event that nothing uses',
    why: 'It is taken, kept and never looked at; or the handoff that was to wait for it waits for another.',
    bad: '- type: patient.withdrew\n- type: patient.moved',
    good: '- type: patient.withdrew',
    waivable: true,
  },
  WH405: {
    severity: 'error',
    title: 'A handoff correlated by what its events do not all have',
    why: 'An event without it says nothing of which start it belongs to: one order that is shipped would close another that is not.',
    bad: 'correlate: { field: orderNumber } # order.shipped may come without it',
    good: 'correlate: { field: orderNumber } # required of order.shipped and of tracking.visible',
  },
  WH406: {
    severity: 'error',
    title: 'A handoff correlated by a kind of key that the plan does not have',
    why: 'No event can name one, so all its starts in a journey would count as one.',
    bad: 'keys: { patient: pat, episode: ep }\ncorrelate: { instance: subscription }',
    good: 'keys: { patient: pat, episode: ep, subscription: sub }\ncorrelate: { instance: subscription }',
  },
  WH407: {
    severity: 'error',
    title: 'Work on cases that a handoff does not open',
    why: 'A missed one opens a case with an owner, or it is counted alone. Said both ways, somebody waits for cases that never come (R30).',
    bad: 'queue: next-step-not-sent\ncases: none',
    good: 'queue: next-step-not-sent',
  },
} as const satisfies Record<string, CodeEntry>;
