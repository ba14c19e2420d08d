import type { HandoffTally } from '../../domain/status/migration-status';
import type { Side } from '../../domain/sides/side';
import type { Milliseconds } from '../../domain/time/duration';
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

/** Everything that a rehearsal says in the end. */
export interface RehearsalReport {
  rehearsal: 'payment' | 'recorded' | 'journey';
  ok: boolean;
  migration: string;
  planHash: string;
  system: 'running' | 'temporary';
  timeScale: number;
  seed: string;
  bySignal: boolean;
  took: Milliseconds;
  /** Patients by the side they were told, and as the API wrote them down. */
  sides: { told: Record<Side, number>; placed: Record<Side, number>; noSide: number };
  /** Only with an event log: what of it was played. */
  log?: { days: number; cases: number; events: number };
  handoffs: HandoffTally[];
  events: EventFacts;
  exceptions: { open: number; ofFault: number; lost: number };
  rollback?: RollbackFacts;
  checks: Check[];
  timeline: TimelineEntry[];
}
