import type { GateFinding } from '../gates/verdict';
import type { Lane } from '../handoffs/lane';
import type { MigrationRun } from '../migration/migration-run';
import type { CohortRun } from '../phase/cohort-run';
import type { PhaseKind } from '../plan/journey';
import type { UnitKind } from '../sides/units';
import type { LimboProcess } from './process-standing';
import type { WrongSideTally } from './wrong-side';
import type { Milliseconds } from '../time/duration';

/** Where a migration stands, as the API answers it and the CLI shows it. Dates are ISO texts, shares are in buckets of 100,000. */
export interface MigrationStatus extends MigrationSummary {
  phases: PhaseStatus[];
  handoffs: HandoffTally[];
  queues: QueueTally[];
  events: EventTally;
  /** Events from the side that their unit was not on, by phase, system and type; empty where there was none. */
  wrongSide: WrongSideTally[];
  accepts: Accepted;
  /** API processes in limbo: while there is one, nobody new goes to target. */
  limbo: LimboProcess[];
}

/** What the plan lets in, for stacks that adapt what they send to it. */
export interface Accepted {
  /** Prefix of each kind of key. */
  keys: Partial<Record<UnitKind, string>>;
  /** Event types, each with the names of its fields. */
  events: Record<string, string[]>;
}

export interface MigrationSummary {
  migration: string;
  planHash: string;
  planTitle: string | null;
  state: 'live' | 'ended';
  timeScale: number;
  startedAt: string;
  startedBy: string;
  /** Where it stands as a whole; null before its workflow has begun, and after its end. */
  progress: MigrationProgress | null;
  /** Who holds it: no split of it rises until it is resumed. null where it is not held, and after its end. */
  held: MigrationHeldBy | null;
}

export interface MigrationHeldBy {
  by: string;
  verified: boolean;
  reason: string | null;
  /** ISO */
  at: string;
  /** Whether its workflow has taken every hold in; a worker tells it where not. */
  told: boolean;
}

export type MigrationProgress = Pick<
  MigrationRun,
  'status' | 'phase' | 'dwellUntil' | 'because' | 'request' | 'planVersion' | 'proposal'
>;

export interface PhaseStatus {
  phase: string;
  kind: PhaseKind;
  unit: UnitKind;
  workflowId: string;
  flagKey: string;
  /** Steps of the ramp, to show beside where a cohort is. */
  ramp: RampStepStatus[];
  cohorts: CohortStanding[];
}

export interface RampStepStatus {
  share: number | null;
  perDay: number | null;
  /** Units of a cohort that may be open on target at once; null: no such limit. */
  maxOpen: number | null;
  /** Wall-clock time, so compressed where the migration is. */
  watchMs: Milliseconds;
}

export interface CohortStanding {
  cohort: string;
  /** Steps of its own; null: the phase's. */
  ramp: RampStepStatus[] | null;
  /** Why the plan leaves it on legacy; null: it is moved. */
  staysOnLegacy: string | null;
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
  /** Two people who said that the gate, as it stands, neither holds its step nor rolls back; absent where nobody did. */
  override?: { askedBy: string; confirmedBy: string; reason: string };
}

export const TALLIED_SIDES = ['legacy', 'target', 'unplaced'] as const;

export interface OutcomeTally {
  open: number;
  kept: number;
  missed: number;
  released: number;
}

export interface LaneTally extends OutcomeTally {
  lane: Lane;
}

/** What became of one declared handoff so far, by the side its unit was on when it started. */
export interface HandoffTally {
  handoff: string;
  phase: string;
  bySide: Record<(typeof TALLIED_SIDES)[number], OutcomeTally>;
  /** The same by lane; lanes that none took are left out. An open one's lane is where it would end now. */
  byLane: LaneTally[];
  repeated: number;
  recovered: number;
  /** Ends that closed nothing. */
  unmatched: number;
  /** Ends that came once more, where they must come once: each has its case. */
  secondEnds: number;
}

export interface QueueTally {
  queue: string;
  owner: string;
  /** Wall-clock time, so compressed where the migration is. */
  slaMs: Milliseconds;
  open: number;
  /** Open, and past their SLA. */
  overdue: number;
  /** Open, and taken by somebody. */
  assigned: number;
  /** Open, and put off by somebody until later. */
  snoozed: number;
  /** Open, though what was missing has come since. */
  recovered: number;
  /** Ended, however they did. */
  resolved: number;
  /** When the oldest of the open ones was first opened. */
  oldestOpenedAt: string | null;
  /** How long ago that was, in wall-clock time. */
  oldestAgeMs: Milliseconds | null;
  /** How long ago half of the open ones were opened, and nine of ten; in wall-clock time. */
  medianAgeMs: Milliseconds | null;
  p90AgeMs: Milliseconds | null;
  /** Tickets of this queue's pattern whose patient had no case here (R31); null where the plan does not say which tickets those are. */
  leaks: LeakTally | null;
  /** Opened or reopened of late. */
  inflow: QueueFlow;
  /** Ended of late. */
  outflow: QueueFlow;
}

/** What support was told of and no handoff found: since the migration began, and in the last day of the plan's time. */
export interface LeakTally {
  all: number;
  day: number;
}

/** Cases in the last hour and the last day of the plan's time, so compressed where the migration is. */
export interface QueueFlow {
  hour: number;
  day: number;
}

/** Every stored event is in exactly one of `matched` (a handoff or a queue listens to it), `unlistened` and `pending`. */
export interface EventTally {
  stored: number;
  matched: number;
  unlistened: number;
  pending: number;
}
