import type { Actor } from '../domain/phase/actor';
import type { PhaseRules } from '../domain/phase/phase-rules';

/** Input of workflow type `migration`. */
export interface MigrationInput {
  migration: string;
  planHash: string;
  /** Plan time over wall-clock time: 1 outside of rehearsals. */
  timeScale: number;
  engineVersion: number;
  startedBy: Actor;
}

/** Input of every phase workflow type. */
export type PhaseInput = PhaseRules;

export interface PhaseResult {
  phase: string;
  /** `committed` where at least one cohort was; the others were taken out by name. */
  outcome: 'committed' | 'takenOut';
}
