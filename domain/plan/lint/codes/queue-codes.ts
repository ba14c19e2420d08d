import type { CodeEntry } from './code-entry';

/** WH7xx: queues, and the people who work on them. */
export const QUEUE_CODES = {
  WH701: {
    severity: 'error',
    title: 'One event opens cases in two queues',
    why: 'Two teams would call the same patient, or each leave it to the other.',
    bad: '- id: duplicates\n  owner: care-coordination\n  sla: 1d\n  path: [Merge them.]\n  opensOn: [payment.refunded, payment.refunded]',
    good: '- id: duplicates\n  owner: care-coordination\n  sla: 1d\n  path: [Merge them.]\n  opensOn: [payment.refunded]',
  },
  WH702: {
    severity: 'warning',
    title: 'A queue that nothing feeds',
    why: 'It is a mistake, or work that nobody will ever see.',
    bad: '- id: portal-login\n  owner: support-leads\n  sla: 1h\n  path: [Call the patient.]\n  opensOn: []',
    good: '- id: portal-login\n  owner: support-leads\n  sla: 1h\n  path: [Call the patient.]\n  opensOn: [payment.refunded]',
    waivable: true,
  },
  WH703: {
    severity: 'warning',
    title: 'No queue for what usually gets stuck',
    why: 'Those cases happen whether a queue is there or not; without one they end with support (R24 to R31).',
    bad: '- id: paid-and-lost\n  owner: care-coordination\n  sla: 2h\n  path: [Find the paid episode in billing.]',
    good: '- id: payment-not-routed\n  owner: care-coordination',
    waivable: true,
  },
  WH704: {
    severity: 'error',
    title: 'Escalations that are not one after the other',
    why: 'Whoever is to step in when the one before did not would be told before, or at once with them (R30).',
    bad: '- id: portal-login\n  owner: support-leads\n  sla: 1h\n  path: [Call the patient.]\n  escalation: [{ team: clinical-leads, after: 1h }, { team: release-managers, after: 30m }]',
    good: '- id: portal-login\n  owner: support-leads\n  sla: 1h\n  path: [Call the patient.]\n  escalation: [{ team: clinical-leads, after: 30m }, { team: release-managers, after: 1h }]',
  },
  WH705: {
    severity: 'error',
    title: 'Tickets by a code that their event cannot carry',
    why: 'No ticket would ever be seen as what this queue is for, and support would find what nobody looks for (R31).',
    bad: '- id: portal-login\n  owner: support-leads\n  sla: 1h\n  path: [Call the patient.]\n  tickets: { on: payment.succeeded, field: topic, codes: [login] }',
    good: '- id: portal-login\n  owner: support-leads\n  sla: 1h\n  path: [Call the patient.]\n  tickets: { on: payment.succeeded, field: program, codes: [weight] }',
  },
  WH706: {
    severity: 'error',
    title: 'Tickets of one code in two queues',
    why: 'The patient has a case in one of them at most, so that each ticket would be a leak of the other.',
    bad: '- id: portal-login\n  owner: support-leads\n  sla: 1h\n  path: [Call the patient.]\n  tickets: { on: payment.succeeded, field: program, codes: [weight] }\n- id: portal-page\n  owner: support-leads\n  sla: 1h\n  path: [Call the patient.]\n  tickets: { on: payment.succeeded, field: program, codes: [weight] }',
    good: '- id: portal-login\n  owner: support-leads\n  sla: 1h\n  path: [Call the patient.]\n  tickets: { on: payment.succeeded, field: program, codes: [weight] }',
  },
} as const satisfies Record<string, CodeEntry>;
