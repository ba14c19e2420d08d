const DAY = 86_400_000;

/** A time since something began, in days: `12`, `0.5`. */
export function daysOf(milliseconds: number): string {
  return String(Number((milliseconds / DAY).toFixed(2)));
}
