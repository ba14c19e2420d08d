import type { CodeEntry } from './code-entry';

/** WH6xx: gates, rollback rules and approvals. */
export const GATE_CODES = {
  WH601: {
    severity: 'error',
    title: 'A gate on a handoff of another phase',
    why: 'Its outcomes count for the sides of another phase, so the gate would judge a ramp that is not its own.',
    bad: '- id: crm-floor\n  handoff: payment-to-next-step-message',
    good: '- id: crm-floor\n  handoff: intake-to-crm',
  },
  WH602: {
    severity: 'error',
    title: 'A limit that nothing can cross',
    why: 'The gate passes whatever happens to patients, and looks like one that watches.',
    bad: 'rule: { kind: floor, atLeast: 0%, minimumOutcomes: 20 }',
    good: 'rule: { kind: floor, atLeast: 85%, minimumOutcomes: 20 }',
  },
  WH603: {
    severity: 'error',
    title: 'Two rollback rules for one gate',
    why: 'In the incident nobody may have to debate which of the two was agreed (R36, R37).',
    bad: 'gate: routing-floor',
    good: 'gate: messages-floor',
  },
  WH604: {
    severity: 'error',
    title: 'A gate without its rollback rule',
    why: 'What happens when a limit is crossed is agreed before launch, or it is debated while patients wait (R36).',
    bad: '# no rule for the gate messages-floor',
    good: '- id: messages-missing\n  phase: payment\n  gate: messages-floor\n  action: { kind: pause }\n  agreedBy: [release-managers, support-leads]',
  },
  WH610: {
    severity: 'error',
    title: 'A machine that approves',
    why: 'Machines may stop a migration, never let it go on (I3).',
    bad: 'goOn: { count: 1, roles: [automation], fourEyes: true }',
    good: 'goOn: { count: 1, roles: [release-manager], fourEyes: true }',
  },
  WH611: {
    severity: 'error',
    title: 'Four eyes by signal',
    why: 'An approval by plain signal is unverified: anyone with the Temporal CLI could be both pairs of eyes.',
    bad: 'commit: { count: 2, roles: [release-manager, clinical-lead], fourEyes: true }\nbySignal: true',
    good: 'commit: { count: 2, roles: [release-manager, clinical-lead], fourEyes: true }',
  },
  WH620: {
    severity: 'error',
    title: 'A gate that cannot decide at its volume',
    why: 'Its outcomes come more slowly than its steps are patient, so at each step a person is asked without evidence, and until then it sees only what is gross. A plan that says how long it takes is accepted.',
    bad: 'volume: 10\nhold:\n  insufficient: 24h',
    good: 'volume: 10\nhold:\n  insufficient: 60d',
    waivable: true,
  },
} as const satisfies Record<string, CodeEntry>;
