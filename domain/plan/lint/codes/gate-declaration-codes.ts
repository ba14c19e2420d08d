import type { CodeEntry } from './code-entry';

/** WH62x: limits that people watch. */
export const GATE_DECLARATION_CODES = {
  WH621: {
    severity: 'error',
    title: 'A declared limit that nothing can cross',
    why: 'Whoever agreed to it believes that somebody is watched over, and nothing ever comes of it (R36).',
    bad: 'limit: { kind: ceiling, atMost: 100% }',
    good: 'limit: { kind: ceiling, atMost: 0.1% }',
  },
} as const satisfies Record<string, CodeEntry>;
