import type { Milliseconds } from '../time/duration';

/** What keeps control from being whole. Stable codes: signals, metrics and logs carry them. */
export const CONTROL_GAPS = [
  'worker', // this process takes up no tasks
  'temporal', // Temporal has not answered of late: no command gets through
  'postgres', // Postgres takes no write in time, so that nothing else is known either
  'unattended', // a split above zero whose lease has run out
  'leaseRunningOut', // a split above zero that nobody has renewed for most of its lease
  'watches', // a step that is to be looked at, and is not
  'sweeper', // handoffs are matched so late that no gate can judge
] as const;
export type ControlGap = (typeof CONTROL_GAPS)[number];

/** What Postgres knows of control, over all live migrations. */
export interface StoredControl {
  /** How long the journey that waits longest for a sweeper has waited. */
  matchingLag: Milliseconds;
  /** Splits above zero, by what is left of their leases. */
  unattended: number;
  runningOut: number;
  /** Steps that nobody has looked at for most of their split's lease. */
  unwatched: number;
}

export interface ControlFacts {
  /** Whether this process takes up tasks. */
  polling: boolean;
  /** How long ago Temporal has last answered; undefined: it has not yet. Of no account where Postgres does not answer: it is counted by its clock. */
  temporalSilentFor?: Milliseconds | undefined;
  /** undefined: Postgres did not answer in time, or takes no write. */
  stored?: StoredControl | undefined;
}

/** Temporal is asked twice a second, and answers within two. */
export const TEMPORAL_MAY_BE_SILENT: Milliseconds = 10_000;

/** How far matching may be behind. Older outcomes are no evidence: they could hide a failure that has begun. Wall-clock time. */
export const MATCHING_MAY_LAG: Milliseconds = 30_000;

/** What keeps control from being whole; nothing where it is. A process that merely lives proves nothing. */
export function judgeControl({ polling, temporalSilentFor, stored }: ControlFacts): ControlGap[] {
  const gaps: ControlGap[] = polling ? [] : ['worker'];
  if (stored === undefined) return [...gaps, 'postgres'];
  if (temporalSilentFor === undefined || temporalSilentFor > TEMPORAL_MAY_BE_SILENT) gaps.push('temporal');
  if (stored.unattended > 0) gaps.push('unattended');
  if (stored.runningOut > 0) gaps.push('leaseRunningOut');
  if (stored.unwatched > 0) gaps.push('watches');
  if (stored.matchingLag > MATCHING_MAY_LAG) gaps.push('sweeper');
  return gaps;
}
