import type { SemanticDefect } from './semantic-defect';

/** What must follow what, said so that it cannot be kept, cannot be missed, or means somebody else. */
export const HANDOFF_DEFECTS: readonly SemanticDefect[] = [
  {
    name: 'a handoff ends with what no stack reports',
    why: 'Each lab order counts as missed, until nobody looks at the queue any more.',
    edits: [['', '  - type: lab.acknowledged\n', '']],
    at: ['- id: lab-to-acknowledged', 'end:'],
  },
  {
    name: 'a handoff is released by what came before its start',
    why: 'A late payment event releases the review of whoever paid: nobody decides, and nobody is told.',
    edits: [['- id: review-to-decision', 'unless: [payment.refunded', 'unless: [payment.succeeded']],
  },
  {
    name: 'one handoff is declared twice',
    why: "One missed login opens two cases for two teams, each of which takes it to be the other one's.",
    edits: [
      [
        '',
        '  - id: history-to-shown\n',
        '  - id: login-seen\n    phase: portal-and-refills\n    start: portal.loginRequested\n    end: portal.loggedIn\n    within: 20m\n    severity: access\n' +
          '    queue: support-unanswered\n  - id: history-to-shown\n',
      ],
    ],
    at: ['', '- id: login-seen'],
  },
  {
    name: 'an event may be later than the deadline is long',
    why: 'Who cannot get in waits ten minutes, and is counted half an hour later.',
    edits: [['- id: login-to-portal', 'within: 10m', 'within: 10m\n    lateness: 20m']],
    at: ['- id: login-to-portal', 'lateness:'],
  },
  {
    name: 'a promise in business time that the deadline does not hold',
    why: 'Patients count as missed on a Monday morning who were promised an answer by Monday evening.',
    edits: [['- id: review-to-decision', 'within: 48h', 'within: 12h']],
  },
  {
    name: 'business time of no calendar',
    why: 'Nobody can say when four hours are over.',
    edits: [
      [
        '- id: rejected-to-rerouted',
        'businessTime: { within: 4bh, calendar: clinic-hours }',
        'businessTime: { within: 4bh }',
      ],
    ],
  },
  {
    name: 'a pause that begins when the handoff is over',
    why: 'The clock never stands still for those who were asked: they count as missed, and are called twice.',
    edits: [['- id: review-to-decision', 'from: info.requested', 'from: review.declined']],
  },
  {
    name: 'a pause that is over before the start',
    why: 'The clock stands still for ever, so a review that nobody makes is never missed.',
    edits: [['- id: review-to-decision', 'until: info.given', 'until: intake.submitted']],
  },
  {
    name: 'a condition on a field that the end may leave out',
    why: 'An assignment that says nothing of a licence is neither right nor wrong.',
    edits: [['licensedIn: { kind: code, codes: [CA, FL, NY, TX, WA]', ', required: true', '']],
    at: ['- id: payment-to-provider-routing', 'id: licensed'],
  },
  {
    name: 'a condition on a field that the start may leave out',
    why: 'A payment without a state can be assigned to anybody.',
    edits: [['- type: payment.succeeded', 'WA], required: true', 'WA]']],
    at: ['- id: payment-to-provider-routing', 'id: licensed'],
  },
  {
    name: 'a condition that patients of one state can never meet',
    why: 'Whoever pays in New York is missed, whoever they are assigned to.',
    edits: [
      [
        '',
        'licensedIn: { kind: code, codes: [CA, FL, NY, TX, WA]',
        'licensedIn: { kind: code, codes: [CA, FL, TX, WA]',
      ],
    ],
    at: ['- id: payment-to-provider-routing', 'id: licensed'],
  },
  {
    name: 'STOP that does not reach one of the senders',
    why: 'Who said STOP is still called by voice, and the handoff is kept.',
    edits: [
      ['', 'forEach: { field: sender, of: [email, sms, voice] }', 'forEach: { field: sender, of: [email, sms] }'],
    ],
  },
  {
    name: 'a cancellation that is disarmed on one side only',
    why: 'The other side charges the renewal of somebody who has left.',
    edits: [['', 'forEach: { field: side, of: [legacy, target] }', 'forEach: { field: side, of: [target] }']],
  },
  {
    name: 'a deadline in days that was meant in hours',
    why: 'A refill that nobody decides on is missed seven weeks later, when the phase is committed and the supply is gone.',
    edits: [['- id: refill-to-decision', 'within: 48h', 'within: 48d']],
  },
  {
    name: 'events of one state are refused',
    why: 'Everybody in Washington submits an intake that is turned away at the door.',
    edits: [['- type: intake.submitted', 'codes: [CA, FL, NY, TX, WA]', 'codes: [CA, FL, NY, TX]']],
  },
  {
    name: 'a bridge to a stage that has no system on target',
    why: 'Tracking must show in a portal that is not there.',
    edits: [
      [
        '',
        'systems: [legacy-portal, legacy-support, target-portal, target-support]',
        'systems: [legacy-portal, legacy-support]',
      ],
    ],
  },
  {
    name: 'a missing command that is sent again to the other stack',
    why: 'The old CRM routes a patient who is on target, and two teams call them.',
    edits: [
      [
        '- id: payment-to-provider-routing',
        'to: { legacy: legacy-crm, target: target-routing }',
        'to: { legacy: legacy-crm, target: legacy-crm }',
      ],
    ],
  },
];
