import type { Side } from './side';

/** A side that was answered while the record of sides was out of reach, and is owed to it. */
export interface OutageAnswer {
  migration: string;
  phase: string;
  unit: string;
  /** null: no cohort takes it. */
  cohort: string | null;
  side: Side;
  /** The split's epoch that was last known; 0 where there was no split. */
  epoch: number;
  /** The episode that was asked for, where it is known. */
  journey: string | null;
  /** ISO, by the clock of the process that answered. */
  at: string;
}
