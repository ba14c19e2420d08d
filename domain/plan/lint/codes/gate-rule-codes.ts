import type { CodeEntry } from './code-entry';

/** WH65x and WH66x: rules of gates, and what they ask for. */
export const GATE_RULE_CODES = {
  WH650: {
    severity: 'error',
    title: 'A chance of false rollbacks that is none, or too large',
    why: 'With no chance at all no evidence is ever enough, and with a large one healthy phases go back until nobody believes a rollback.',
    bad: 'falseRollbacks: 50%',
    good: 'falseRollbacks: 5%',
  },
} as const satisfies Record<string, CodeEntry>;
