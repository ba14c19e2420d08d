import type { CodeEntry } from './code-entry';

/** WH9xx: what a plan waives. */
export const WAIVER_CODES = {
  WH901: {
    severity: 'error',
    title: 'A waiver of a code that there is not',
    why: 'It waives nothing, and whoever approved it believes that something is dealt with.',
    bad: 'code: WH999\nat: handoffs[1].within',
    good: 'code: WH403\nat: handoffs[1].within',
  },
  WH902: {
    severity: 'error',
    title: 'A waiver of what protects patients',
    why: 'References, limits and what a rollback rests on hold for every plan: nobody may approve a plan without them.',
    bad: 'code: WH525\nat: handoffs[1].within',
    good: 'code: WH403\nat: handoffs[1].within',
  },
  WH903: {
    severity: 'error',
    title: 'A waiver that has expired',
    why: 'It was approved until a day, and the day has come (R2): what was to be decided by then is decided now, or approved again.',
    bad: 'expires: 2026-01-31',
    good: 'expires: 2126-01-31',
  },
  WH904: {
    severity: 'warning',
    title: 'A waiver that matches nothing',
    why: 'What it waived is mended, or has moved: then the finding is back, and this waiver would let it pass if it came here again.',
    bad: 'at: handoffs[0].within',
    good: 'at: handoffs[1].within',
  },
} as const satisfies Record<string, CodeEntry>;
