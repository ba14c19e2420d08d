import { BUCKETS, type Plan } from '../../../domain/plan/plan-schema';
import type { Milliseconds } from '../../../domain/time/duration';

/** Fields that hold milliseconds once a plan is read. */
const DURATIONS: ReadonlySet<string> = new Set([
  ...['within', 'lateness', 'sla', 'watch', 'soak', 'dwell', 'escalateAfter', 'closeAfter'],
  ...['insufficient', 'noData', 'sourceError', 'timeout', 'lease', 'resumeWithin'],
]);
/** Fields that hold a proportion from 0 to 1. */
const RATES: ReadonlySet<string> = new Set(['atLeast', 'margin']);

/**
 * A plan, after defaults, as it would be written: the reverse of reading it. Read again it is the same plan, of the same hash.
 * JSON, which every reader of YAML takes.
 */
export function planDocument(plan: Plan): string {
  return JSON.stringify(written(plan), null, 2);
}

function written(value: unknown, name = ''): unknown {
  if (typeof value === 'number') return writtenNumber(value, name);
  if (Array.isArray(value)) return value.map((item) => written(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, written(inner, key)]));
}

function writtenNumber(value: number, name: string): unknown {
  if (DURATIONS.has(name)) return exactDuration(value);
  if (RATES.has(name)) return percentage(Math.round(value * BUCKETS));
  if (name === 'share') return percentage(value);
  return value;
}

function percentage(buckets: number): string {
  return `${buckets / (BUCKETS / 100)}%`;
}

/** A duration in the largest unit that it is a whole number of: `90m`, `2d`. Nothing is rounded away. */
export function exactDuration(milliseconds: Milliseconds): string {
  const whole = UNITS.find(([, factor]) => milliseconds % factor === 0);
  return whole === undefined ? `${milliseconds}ms` : `${milliseconds / whole[1]}${whole[0]}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;
