import type { Milliseconds } from '../time/duration';
import type { QueueFlow, QueueTally } from './migration-status';

/** By what the open cases of a migration are told apart, besides their queues. */
export const BOARD_DIMENSIONS = ['side', 'phase', 'cohort'] as const;
export type BoardDimension = (typeof BOARD_DIMENSIONS)[number];

/** The cases of one side, phase or cohort, in all queues. Times as in a {@link QueueTally}. */
export interface BoardSlice {
  /** null: of none, such as a case of a whole record. */
  value: string | null;
  open: number;
  overdue: number;
  assigned: number;
  snoozed: number;
  recovered: number;
  medianAgeMs: Milliseconds | null;
  p90AgeMs: Milliseconds | null;
  oldestAgeMs: Milliseconds | null;
  inflow: QueueFlow;
  outflow: QueueFlow;
}

/** What came in and ended on one day of the plan's time, and what was open when it was over. */
export interface BoardDay {
  /** `2026-03-02`, in UTC. */
  day: string;
  opened: number;
  reopened: number;
  resolved: number;
  accepted: number;
  merged: number;
  /** At the end of the day; of the last day, now. */
  open: number;
}

export const NOT_CLEARED = ['nothingOpen', 'nothingEnded', 'moreComes', 'nobodyOnShift'] as const;
export type NotCleared = (typeof NOT_CLEARED)[number];

/** When a queue is worked off if people go on as in the last week of the plan's time, in the shifts of its owner. */
export interface ClearForecast {
  /** ISO; null where `because` says why there is none. */
  at: string | null;
  /** Until then, in wall-clock time. */
  inMs: Milliseconds | null;
  because: NotCleared | null;
  /** Cases that ended in an hour of one unit of capacity; of a team without shifts, in an hour. */
  perHour: number;
  /** Who is there now; null: nobody, or the plan does not say when somebody is. */
  onShift: { shifts: string[]; capacity: number } | null;
  /** Whether the plan says when somebody of the owner is there. */
  shiftsKnown: boolean;
}

/** One queue with its days, the oldest first, and when it is worked off. */
export interface BoardQueue extends QueueTally {
  days: BoardDay[];
  clear: ClearForecast;
}

export interface CaseBoard {
  queues: BoardQueue[];
  by: Record<BoardDimension, BoardSlice[]>;
  /** Of all queues together, the oldest first. */
  days: BoardDay[];
}
