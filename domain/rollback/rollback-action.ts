/** Why people who could have been moved, or would have been, finish where they are. */
export type LeftBecause =
  /** They got past a milestone from which nobody is brought back. */
  | 'pastReturn'
  /** The queue has no room for their cases. */
  | 'queueFull';

/**
 * One thing that a rollback does, in the order it is done. The preview shows this list and the execution carries it out (I12).
 * `milestone` is the last one that those people reached; null for those who reached none.
 */
export type RollbackAction =
  | { kind: 'lowerSplit'; cohort: string; from: number; to: number }
  | { kind: 'leaveToFinish'; cohort: string; milestone: string | null; people: number; because?: LeftBecause }
  /** Nobody is brought back, and nobody is let wait, by itself: it would make so many cases, and the queue has room for so many. */
  | { kind: 'queueFull'; cohort: string; people: number; queue: string; cases: number; room: number }
  /** They keep their side and wait there for a person; `waiting` more do already. */
  | { kind: 'pause'; cohort: string; milestone: string | null; people: number; waiting: number; queue: string }
  | {
      kind: 'bringBack';
      cohort: string;
      milestone: string | null;
      people: number;
      queue: string;
      /** Only as many as leave no more open cases in the queue than this: by hand, one comes after the other. */
      within?: number;
    }
  | { kind: 'reopenSplit'; cohort: string }
  /** It has moved nobody yet: only the go that was given, or was about to be, is void. Done by the state machine alone. */
  | { kind: 'voidGo'; cohort: string };

/** What a rollback of the migration does besides that of the phase under way. */
export type MigrationRollbackAction =
  /** None of these phases starts until people let the migration go on. */
  | { kind: 'holdMigration'; phases: string[] }
  /** Past its point of no return: going back takes a reverse cutover. `people` are those on target there. */
  | { kind: 'cannotReverse'; phase: string; cohorts: string[]; people: number };

/** What has happened to people on target that no rollback takes back. */
export interface CannotUndo {
  effect: string;
  /** How people mend it, case by case. */
  undo: string;
  count: number;
}
