import type { CodeEntry } from './code-entry';

/** WH41x: what an end of a handoff must be like, and how its time is counted. */
export const CONDITION_CODES = {
  WH411: {
    severity: 'error',
    title: 'A condition on an end that the handoff does not have',
    why: 'It would be asked of no outcome, and wrong ones would count as kept (R50).',
    bad: '- { id: licensed, end: review.approved, field: licensedIn, equalsStart: state }',
    good: '- { id: licensed, field: licensedIn, equalsStart: state }',
  },
  WH412: {
    severity: 'error',
    title: 'A field that the event does not have',
    why: 'Nothing can be compared with what is not there: every outcome would be wrong, or none.',
    bad: '- { id: licensed, field: licencedIn, equalsStart: state }',
    good: '- { id: licensed, field: licensedIn, equalsStart: state }',
  },
  WH413: {
    severity: 'error',
    title: 'A code that the field does not have',
    why: 'No end is ever like that, so no handoff of its kind could be kept.',
    bad: '- { id: on-legacy, field: side, oneOf: [legcy] }',
    good: '- { id: on-legacy, field: side, oneOf: [legacy] }',
  },
  WH414: {
    severity: 'error',
    title: 'Two fields of different kinds',
    why: 'A number and a code are never equal, so no handoff of its kind could be kept.',
    bad: '- { id: licensed, field: licensedIn, equalsStart: paidAt } # a time',
    good: '- { id: licensed, field: licensedIn, equalsStart: state }',
  },
  WH415: {
    severity: 'error',
    title: 'A start that can never be kept',
    why: 'Patients with that code would all count as missed, whatever is done for them.',
    bad: '- { id: licensed, field: program, equalsStart: state }',
    good: '- { id: licensed, field: licensedIn, equalsStart: state }',
  },
  WH416: {
    severity: 'error',
    title: 'A pause that is part of the handoff itself',
    why: 'One event would stop the clock and end it, and whichever is read first would win.',
    bad: '- { id: asked-the-patient, from: info.requested, until: review.approved }',
    good: '- { id: asked-the-patient, from: info.requested, until: info.given }',
  },
  WH417: {
    severity: 'warning',
    title: 'A promise in business time that is longer than its deadline',
    why: "'sla' counts by the clock: who is still in time by what people promised would be overdue. A handoff's deadline is the promise itself, and what its 'within' says to people and to rehearsals would be too short.",
    bad: 'within: 24h\nbusinessTime: { within: 24bh, calendar: clinic-hours }',
    good: 'within: 48h\nbusinessTime: { within: 24bh, calendar: clinic-hours }',
    waivable: true,
  },
} as const satisfies Record<string, CodeEntry>;
