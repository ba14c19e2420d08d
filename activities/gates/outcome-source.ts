import type { OutcomeAnswer } from '../../domain/metrics/outcome-answer';
import type { GateSource } from '../../domain/plan/plan-schema';

/** What is counted: outcomes of one cohort in one phase that became final from `since` to `now`. */
export interface OutcomeWindow {
  migration: string;
  phase: string;
  cohort: string;
  gate: string;
  since: Date;
  /** The moment of asking, by the database's clock, which is the one that `since` is of. */
  now: Date;
}

/**
 * Outcomes that something outside counts. Asking changes nothing there, may be repeated, ends within its own timeout, and throws nothing: what cannot
 * be answered or believed has answers of its own.
 */
export interface OutcomeSource {
  count(window: OutcomeWindow): Promise<OutcomeAnswer>;
}

/** What a plan's source leads to; undefined where its connection is not configured here. */
export type FindOutcomeSource = (source: GateSource) => OutcomeSource | undefined;
