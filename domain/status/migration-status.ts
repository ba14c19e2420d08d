import type { GateFinding } from '../gates/verdict';
import type { CohortRun } from '../phase/cohort-run';
import type { PhaseKind } from '../plan/journey';
import type { UnitKind } from '../sides/units';
import type { Milliseconds } from '../time/duration';

/** Where a migration stands, as the API answers it and the CLI shows it. Dates are ISO texts, shares are in buckets of 100,000. */
export interface MigrationStatus extends MigrationSummary {
  phases: PhaseStatus[];
  handoffs: HandoffTally[];
  queues: QueueTally[];
  events: EventTally;
}

export interface MigrationSummary {
  migration: string;
  planHash: string;
  planTitle: string | null;
  state: 'live' | 'ended';
  timeScale: number;
  startedAt: string;
  startedBy: string;
}

export interface PhaseStatus {
  phase: string;
  kind: PhaseKind;
  unit: UnitKind;
  workflowId: string;
  flagKey: string;
  /** Steps of the ramp, to show beside where a cohort is. */
  ramp: { share: number | null; perDay: number | null; watchMs: Milliseconds }[];
  cohorts: CohortStanding[];
}

export interface CohortStanding {
  cohort: string;
  /** null: the phase has not begun. */
  run: CohortRun | null;
  /** null: nothing was split yet. */
  split: SplitStanding | null;
  gates: GateStanding[];
  placements: { legacy: number; target: number };
}

export interface SplitStanding {
  share: number;
  perDay: number | null;
  epoch: number;
  mode: 'open' | 'returning' | 'committed';
  leaseUntil: string | null;
  /** Whether the lease had run out by the database's clock: nobody attends to this split, and arrivals go to legacy. */
  lapsed: boolean;
}

export interface GateStanding extends GateFinding {
  epoch: number;
  /** Since when the verdict stands without a break. */
  since: string;
  evaluatedAt: string;
  evidence: unknown;
}

export const TALLIED_SIDES = ['legacy', 'target', 'unplaced'] as const;

export interface OutcomeTally {
  open: number;
  kept: number;
  missed: number;
  released: number;
}

/** What became of one declared handoff so far, by the side its unit was on when it started. */
export interface HandoffTally {
  handoff: string;
  phase: string;
  bySide: Record<(typeof TALLIED_SIDES)[number], OutcomeTally>;
  repeated: number;
  recovered: number;
  /** Ends that closed nothing. */
  unmatched: number;
}

export interface QueueTally {
  queue: string;
  owner: string;
  /** Wall-clock time, so compressed where the migration is. */
  slaMs: Milliseconds;
  open: number;
  /** Open, and past their SLA. */
  overdue: number;
  /** Open, though what was missing has come since. */
  recovered: number;
  resolved: number;
  /** When the oldest of the open ones was opened. */
  oldestOpenedAt: string | null;
}

/** Every stored event is in exactly one of `matched`, `unlistened` and `pending`. */
export interface EventTally {
  stored: number;
  matched: number;
  unlistened: number;
  pending: number;
}
