import type { GateReading } from '../../domain/gates/outcome-counts';
import type { GateSource } from '../../domain/plan/plan-schema';

export interface MetricQuery {
  migration: string;
  phase: string;
  cohort: string;
  gate: string;
  handoff: string;
  /** Where the gate's figures come from; the migration's own handoffs where absent. */
  source?: GateSource;
  /** Epoch under way, and the first epoch of the attempt. */
  epoch: number;
  attemptEpoch: number;
}

/** What the migration's own handoffs are counted by. */
export type HandoffQuery = Omit<MetricQuery, 'gate' | 'source'>;

/** What a source answered. Never an exception for a source that is away: silence and errors have verdicts of their own. */
export type MetricReading =
  | { kind: 'reading'; reading: GateReading }
  | { kind: 'noData'; message: string }
  | { kind: 'sourceError'; message: string };

/** Where a gate's numbers come from. Reading changes nothing and may be repeated at any rate. */
export interface MetricSource {
  read(query: MetricQuery): Promise<MetricReading>;
}
