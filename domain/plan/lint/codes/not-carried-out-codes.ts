import type { CodeEntry } from './code-entry';

/** WH8xx: what a plan declares and this release does not act on. `why` says what happens instead; there is nothing to mend. */
export const NOT_CARRIED_OUT_CODES = {
  WH801: {
    severity: 'warning',
    title: 'A calendar for going on',
    why: 'A phase starts, takes steps and commits at any hour, holidays and freezes included, as soon as gates and approvals let it. To hold a step for people, give it an approval.',
    bad: 'advance: { calendar: release-hours, rollback: always }',
    good: '- { share: 50%, watch: 48h, approval: { roles: [clinical-lead] } }',
  },
  WH802: {
    severity: 'warning',
    title: 'An ownership matrix',
    why: 'Writes of the stacks are not checked against it, and a commit hands nothing over. Whoever builds the copies between the stacks has to keep to it.',
    bad: 'ownership:\n  - datum: payment-status',
    good: 'ownership:\n  - datum: payment-status',
  },
  WH803: {
    severity: 'warning',
    title: "A team's shifts",
    why: 'SLA clocks run, and pages go out, at any hour. Only lint compares shifts with queues.',
    bad: 'reach: { rota: nurse line, timeZone: UTC, shifts: [] }',
    good: 'reach: { rota: nurse line, timeZone: UTC, shifts: [] }',
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
} as const satisfies Record<string, CodeEntry>;

export type NotCarriedOutCode = keyof typeof NOT_CARRIED_OUT_CODES;
