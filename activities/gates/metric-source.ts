import type { GateReading } from '../../domain/gates/outcome-counts';

export interface MetricQuery {
  migration: string;
  phase: string;
  cohort: string;
  handoff: string;
  /** Epoch under way, and the first epoch of the attempt. */
  epoch: number;
  attemptEpoch: number;
}

/** What a source answered. Never an exception for a source that is away: silence and errors have verdicts of their own. */
export type MetricReading =
  | { kind: 'reading'; reading: GateReading }
  | { kind: 'noData'; message: string }
  | { kind: 'sourceError'; message: string };

/** Where a gate's numbers come from. Reading changes nothing and may be repeated at any rate. */
export interface MetricSource {
  read(query: MetricQuery): Promise<MetricReading>;
}
