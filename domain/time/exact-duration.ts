import type { Milliseconds } from './duration';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** A duration in the largest unit that it is a whole number of: `90m`, `2d`. Nothing is rounded away. */
export function exactDuration(milliseconds: Milliseconds): string {
  const whole = UNITS.find(([, factor]) => milliseconds % factor === 0);
  return whole === undefined ? `${milliseconds}ms` : `${milliseconds / whole[1]}${whole[0]}`;
}
