/**
 * One thing that a rollback does, in the order it is done. The preview shows this list and the execution carries it out (I12).
 * `milestone` is the last one that those people reached; null for those who reached none.
 */
export type RollbackAction =
  | { kind: 'lowerSplit'; cohort: string; from: number; to: number }
  | { kind: 'leaveToFinish'; cohort: string; milestone: string | null; people: number }
  | { kind: 'bringBack'; cohort: string; milestone: string | null; people: number; queue: string }
  | { kind: 'reopenSplit'; cohort: string };

/** What has happened to people on target that no rollback takes back. */
export interface CannotUndo {
  effect: string;
  /** How people mend it, case by case. */
  undo: string;
  count: number;
}
