import type { RouteProblem } from '../sides/route-problem';
import type { SplitMode } from '../sides/split-mode';

/** How far what routes a cohort outside has followed its split. Shares are in buckets of 100,000, dates ISO texts by the database's clock. */
export interface RouteStanding {
  migration: string;
  phase: string;
  cohort: string;
  /** The split's. */
  epoch: number;
  /** The split's; 0 where its lease has run out. */
  share: number;
  mode: SplitMode;
  /** The last epoch that was read back outside as it should be; 0: none yet. */
  confirmedEpoch: number;
  confirmedAt: string | null;
  /** Why it could not be confirmed when last looked; null: all was as it should be. */
  problem: RouteProblem | null;
  differsSince: string | null;
  /** Failed ones since then. */
  attempts: number;
  /** Whether the epoch in force could not be carried outside within its time, and waits for a person. */
  undelivered: boolean;
}

/** An epoch that could not be carried outside within its time. */
export interface UndeliveredRoute {
  phase: string;
  cohort: string;
  epoch: number;
  share: number;
  mode: SplitMode;
  problem: RouteProblem;
  attempts: number;
  failingSince: string;
  givenUpAt: string;
  /** How it ended: carried outside after all, or a later epoch took its place; null: it waits for a person. */
  settledBy: 'delivered' | 'overtaken' | null;
  settledAt: string | null;
}

export interface RouteList {
  /** By phase and cohort; those alone that something outside follows. */
  routes: RouteStanding[];
  /** The latest hundred, those that wait first. */
  undelivered: UndeliveredRoute[];
}
