import type { CodeEntry } from './code-entry';

/** WH42x: handoffs that cannot be kept, cannot be missed, or show too late. */
export const HANDOFF_SENSE_CODES = {
  WH421: {
    severity: 'warning',
    title: 'Released by what came before the start',
    why: 'It cannot happen any more; where it is reported late it releases somebody who still waits, and nobody looks (I6).',
    bad: 'unless: [payment.succeeded, patient.withdrew]\nseverity: access\nqueue: decision-not-propagated',
    good: 'unless: [payment.refunded, patient.withdrew]\nseverity: access\nqueue: decision-not-propagated',
    waivable: true,
  },
  WH422: {
    severity: 'warning',
    title: 'One handoff declared twice',
    why: "One patient who is missed has two cases, and each of two teams takes them to be the other one's (I6).",
    bad: '- { id: login-to-portal, start: portal.loginRequested, end: portal.loggedIn }\n- { id: login-seen, start: portal.loginRequested, end: portal.loggedIn }',
    good: '- { id: login-to-portal, start: portal.loginRequested, end: portal.loggedIn }',
    waivable: true,
  },
  WH423: {
    severity: 'error',
    title: 'A pause that was over before the start',
    why: 'The clock stands still for ever, so whoever was asked once is never missed again.',
    bad: '- { id: asked-the-patient, from: info.requested, until: intake.submitted }',
    good: '- { id: asked-the-patient, from: info.requested, until: info.given }',
  },
  WH424: {
    severity: 'warning',
    title: 'A condition on a field that may be left out',
    why: 'An assignment that says nothing of a licence can be held against nothing, so a wrong outcome may look like a kept one (R50).',
    bad: 'licensedIn: { kind: code, codes: [CA, FL, NY, TX, WA] }',
    good: 'licensedIn: { kind: code, codes: [CA, FL, NY, TX, WA], required: true }',
    waivable: true,
  },
  WH425: {
    severity: 'warning',
    title: 'An end for each, and one of them left out',
    why: 'Whoever said STOP is still called by voice, and the handoff counts as kept (R45).',
    bad: 'forEach: { field: sender, of: [email, sms] }',
    good: 'forEach: { field: sender, of: [email, sms, voice] }',
    waivable: true,
  },
  WH426: {
    severity: 'warning',
    title: 'A soak that is over before somebody can be late',
    why: 'What is missed in it shows when there is no way back any more.',
    bad: 'soak: 12h',
    good: 'soak: 35d # a renewal cycle and its stragglers',
    waivable: true,
  },
  WH427: {
    severity: 'warning',
    title: 'A dwell that is over before somebody can be late',
    why: 'The next phase starts on top of a fault that has not shown yet (R8).',
    bad: 'dwell: 5m',
    good: 'dwell: 7d',
    waivable: true,
  },
} as const satisfies Record<string, CodeEntry>;
