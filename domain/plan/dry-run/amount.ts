/** How many patients: what is expected, at most so many, or not to be said since the plan does not say how many arrive. */
export type Amount =
  { kind: 'expected'; count: number } | { kind: 'atMost'; count: number } | { kind: 'unknown'; count: null };

export const NOBODY: Amount = { kind: 'expected', count: 0 };
export const UNKNOWN: Amount = { kind: 'unknown', count: null };

/** @param most what the sum cannot be above, of those of whom only a limit is known */
export function sumOf(amounts: readonly Amount[], most = Infinity): Amount {
  let expected = 0;
  let atMost: number | undefined;
  for (const amount of amounts) {
    if (amount.kind === 'unknown') return UNKNOWN;
    if (amount.kind === 'expected') expected += amount.count;
    else atMost = (atMost ?? 0) + amount.count;
  }
  return atMost === undefined
    ? { kind: 'expected', count: expected }
    : { kind: 'atMost', count: expected + Math.min(atMost, most) };
}

export function times(amount: Amount, factor: number): Amount {
  if (factor === 0) return NOBODY;
  return amount.kind === 'unknown' ? UNKNOWN : { kind: amount.kind, count: amount.count * factor };
}
