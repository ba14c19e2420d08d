import type { Side } from '../../domain/sides/side';

/** `stopping`: nobody new arrives, those who are here go on to their end. */
export const RUN_STATUSES = ['running', 'stopping', 'finished', 'failed'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** One run of patients, in counts. */
export interface RunState {
  migration: string;
  phase: string;
  kind: 'payment' | 'recorded';
  status: RunStatus;
  /** Why it failed. */
  failure?: string;
  seed: string;
  timeScale: number;
  startedAt: string;
  patients: {
    arrived: number;
    /** By the side that they were told. */
    bySide: Record<Side, number>;
    /** On their way now. */
    present: number;
    /** How those who left did so. */
    ends: Record<string, number>;
  };
  /** Only for a recorded log. */
  recorded?: {
    /** Activities whose moment has come. */
    due: number;
    /** Done at a stack. */
    done: number;
    /** Not done: their patient had no side, or gave up on a stack. */
    undone: number;
    /** Days of the log that have passed. */
    days: number;
  };
}

/** A run under way. */
export interface PatientRun {
  readonly state: RunState;
  /** Lets nobody new in. Settles when all who are here have reached their end. */
  stop(): Promise<void>;
  /** Settles, without failing, when the run has finished or failed. */
  readonly ended: Promise<void>;
}
