import type { CodeEntry } from './code-entry';

/** WH8xx: what a plan declares and this release does not act on. `why` says what happens instead; there is nothing to mend. */
export const NOT_CARRIED_OUT_CODES = {
  WH802: {
    severity: 'warning',
    title: 'An ownership matrix',
    why: 'Writes of the stacks are not checked against it, and a commit hands nothing over. Whoever builds the copies between the stacks has to keep to it.',
    bad: 'ownership:\n  - datum: payment-status',
    good: 'ownership:\n  - datum: payment-status',
  },
  WH804: {
    severity: 'warning',
    title: 'People who must be ready',
    why: 'A phase takes patients whether or not they are there. Count them by hand before each go/no-go.',
    bad: 'coverage:\n  - id: prescribers',
    good: 'coverage:\n  - id: prescribers',
  },
  WH805: {
    severity: 'warning',
    title: 'A rollback rule on queues',
    why: 'However many cases are overdue, nothing goes back by itself: a person pauses or rolls back.',
    bad: 'queueRules:\n  - id: two-queues-behind',
    good: 'queueRules:\n  - id: two-queues-behind',
  },
  WH806: {
    severity: 'warning',
    title: 'A runbook',
    why: 'No task is started, asked for or checked, and none holds a phase. People keep the list.',
    bad: 'runbook:\n  - id: card-vault',
    good: 'runbook:\n  - id: card-vault',
  },
  WH813: {
    severity: 'warning',
    title: 'A soak in cycles',
    why: 'The soak ends by its time alone, however few renewals or refills have come round. Whoever commits counts them first.',
    bad: 'soakCycles:\n  - { id: renewals, event: renewal.settled, count: 300 }',
    good: 'soak: 35d',
  },
  WH814: {
    severity: 'warning',
    title: 'Effects that fire by themselves',
    why: 'Danger: nothing is disarmed and nothing read back, by a rollback neither. People do it, on the side that was left, before anything fires there.',
    bad: 'armedEffects:\n  - effect: renewal-charge',
    good: 'armedEffects:\n  - effect: renewal-charge',
  },
  WH816: {
    severity: 'warning',
    title: 'Checks by people',
    why: 'A step ends whether or not anybody has looked. To hold it for them, give the next step an approval.',
    bad: 'checks:\n  - { id: by-phone, what: Each is called., by: care-coordination, first: 10 }',
    good: 'approval: { roles: [clinical-lead] }',
  },
  WH817: {
    severity: 'warning',
    title: 'Waves of those who are here already',
    why: 'Danger: nobody of them is moved, and no safe window is checked. They stay where they are, whatever the phase does, until people move them.',
    bad: 'waves:\n  cap: 150',
    good: 'waves:\n  cap: 150',
  },
  WH818: {
    severity: 'warning',
    title: 'A limit that people watch',
    why: 'Danger: nothing measures it, and nothing stops when it is crossed. Somebody has to watch, and to pause or roll back.',
    bad: 'declaredGates:\n  - id: double-charge',
    good: 'declaredGates:\n  - id: double-charge',
  },
} as const satisfies Record<string, CodeEntry>;

export type NotCarriedOutCode = keyof typeof NOT_CARRIED_OUT_CODES;
