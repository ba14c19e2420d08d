import type { HandoffTally } from '../../domain/status/migration-status';
import type { Side } from '../../domain/sides/side';
import type { Milliseconds } from '../../domain/time/duration';
import type { Duty } from './agenda/agenda';
import type { Cut } from './cut/cut-plan';
import type { TimelineEntry } from './timeline';

/** One thing that must hold after a rehearsal. */
export interface Check {
  check: string;
  ok: boolean;
  /** The numbers that it was decided on. */
  seen: string;
}

/** The way back, as the audit log has it. Dates are ISO texts, by the database's clock. */
export interface RollbackFacts {
  /** `gate:<id>`. */
  by: string;
  /** Both numbers of the gate. */
  because: string;
  /** When the outcome that crossed the limit became final. */
  outcomeFinalAt: string;
  /** When the split was down. */
  splitDownAt: string;
  took: Milliseconds;
}

export interface EventFacts {
  /** What the stacks emitted, by side. */
  sent: Record<Side, number>;
  acknowledged: number;
  refused: number;
  /** From an event's time to its acknowledgement, at most. */
  slowest: Milliseconds;
  /** Lost by the planted fault before they were sent. */
  lost: number;
  /** What the API stored, and what became of it. */
  stored: number;
  matched: number;
  unlistened: number;
  pending: number;
}

/** Where one cohort of one phase ended, and who is where. */
export interface CohortEnd {
  phase: string;
  cohort: string;
  status: string;
  legacy: number;
  target: number;
}

/** What came into one queue. */
export interface QueueEnd {
  queue: string;
  owner: string;
  open: number;
  resolved: number;
  overdue: number;
}

/** Everything that a rehearsal says in the end. */
export interface RehearsalReport {
  rehearsal: 'payment' | 'recorded' | 'journey';
  ok: boolean;
  migration: string;
  /** Of the plan that was played. */
  planHash: string;
  /** Of the plan as it is written; another where it was cut. */
  writtenHash: string;
  cuts: Cut[];
  system: 'running' | 'temporary';
  timeScale: number;
  seed: string;
  bySignal: boolean;
  took: Milliseconds;
  /** Patients by the side they were first told, in all placements as the API wrote them down, and those nobody could tell. */
  sides: { told: Record<Side, number>; placed: Record<Side, number>; noSide: number };
  cohorts: CohortEnd[];
  /** Only with an event log: what of it was played. */
  log?: { days: number; cases: number; events: number };
  handoffs: HandoffTally[];
  events: EventFacts;
  exceptions: { open: number; resolved: number; ofFault: number; lost: number; byQueue: QueueEnd[] };
  rollback?: RollbackFacts;
  /** What people would have had to do when, by the plan as it is written. */
  duties: Duty[];
  checks: Check[];
  timeline: TimelineEntry[];
}
