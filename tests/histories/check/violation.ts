import type { Recorded } from '../history';

export const CHECKED = ['I1', 'I2', 'I3', 'I4', 'I9', 'I14', 'perDay', 'maxOpen'] as const;
export type Checked = (typeof CHECKED)[number];

/** What must never be, with the entries that show it, in their order. */
export interface Violation {
  invariant: Checked;
  what: string;
  trace: readonly Recorded[];
}

export function violation(invariant: Checked, what: string, trace: readonly (Recorded | undefined)[]): Violation {
  const shown = trace.filter((entry): entry is Recorded => entry !== undefined);
  return { invariant, what, trace: shown.sort((a, b) => a.from - b.from) };
}

/** For people: the entries one a line, without what says nothing. */
export function describeViolation({ invariant, what, trace }: Violation): string {
  return [`${invariant}: ${what}`, ...trace.map((entry) => `  ${JSON.stringify(entry)}`)].join('\n');
}
