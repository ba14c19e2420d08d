import type { Actor } from '../domain/phase/actor';
import type { TakenOutBefore } from '../domain/phase/left-out';
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
export interface PhaseInput extends PhaseRules {
  /** Cohorts that an earlier phase ended without, and which: they are taken out of this one too (I14). */
  takenOutBefore: TakenOutBefore[];
}

export interface PhaseResult {
  phase: string;
  /** `committed` where at least one cohort was; the others were taken out by name. */
  outcome: 'committed' | 'takenOut';
  /** Cohorts that it ended without, by name. */
  takenOut: string[];
}
