import type { CodeEntry } from './code-entry';

/** WH71x to WH76x: teams and their shifts, calendars, coverage, the runbook, rules on queues. */
export const PEOPLE_CODES = {
  WH711: {
    severity: 'warning',
    title: 'A queue that is due before anybody of its team is there',
    why: 'Whoever gets stuck in that gap waits, and the case is overdue by plan (R30).',
    bad: '# nobody at night',
    good: "- { id: night, days: *daily, from: '20:00', to: '08:00', capacity: 120 }",
    waivable: true,
  },
  WH712: {
    severity: 'warning',
    title: 'A queue that holds more cases than a shift can work on',
    why: 'The room that a rollback counts on is not there (R35): cases pile up behind people.',
    bad: 'owner: patient-messaging # 120 cases a shift, and room for 200 here\nsla: 1d',
    good: 'owner: growth\nsla: 1d',
    waivable: true,
  },
  WH731: {
    severity: 'error',
    title: 'A calendar that is not declared',
    why: 'Without its hours nobody can say when anything may go on, or how long business time is.',
    bad: 'advance: { calendar: release-hour, rollback: always }',
    good: 'advance: { calendar: release-hours, rollback: always }',
  },
  WH732: {
    severity: 'error',
    title: 'Closed days that end before they begin',
    why: 'No day would be closed, and the holiday be a day like any other (R48).',
    bad: '- { id: thanksgiving, from: 2027-11-28, to: 2027-11-22 }',
    good: '- { id: thanksgiving, from: 2027-11-22, to: 2027-11-28 }',
  },
  WH741: {
    severity: 'error',
    title: 'A phase of provider routing that asks for nobody',
    why: 'Patients would be assigned where nobody is licensed to see them (R47).',
    bad: '- id: prescribers\n  phase: portal-and-refills',
    good: '- id: prescribers\n  phase: provider-routing',
  },
  WH751: {
    severity: 'error',
    title: 'A task that is not declared',
    why: 'The task waits for something that nobody does.',
    bad: 'needs: [archives]',
    good: 'needs: [archive]',
  },
  WH752: {
    severity: 'error',
    title: 'Tasks that wait for each other',
    why: 'None of them is ever done, and what needs them never starts (R42).',
    bad: 'evidence: The list by state\nneeds: [test-orders]',
    good: 'evidence: The list by state',
  },
  WH753: {
    severity: 'error',
    title: 'A task that needs a later one',
    why: 'On its day it cannot be done.',
    bad: 'needs: [handover]',
    good: 'needs: [prescribers-enrolled]',
  },
  WH761: {
    severity: 'error',
    title: 'A queue named twice in a rule',
    why: 'One queue would count as two, or the second was to be another.',
    bad: 'queues: [portal-login, portal-login]\noverdue: 20%',
    good: 'overdue: 20%',
  },
  WH762: {
    severity: 'error',
    title: 'A rule on more queues than there are',
    why: 'It never fires, and whoever agreed to it believes that it does (R36).',
    bad: 'count: 99 # more than there are queues\naction: { kind: rollback, scope: step }',
    good: 'count: 2\naction: { kind: rollback, scope: step }',
  },
  WH763: {
    severity: 'error',
    title: 'A rule that no queue can meet',
    why: 'More than all cases are never overdue: the rule never fires (R36).',
    bad: 'overdue: 100%',
    good: 'overdue: 20%',
  },
} as const satisfies Record<string, CodeEntry>;
