import type { JourneyKind } from '../../domain/plan/journey';
import type { Side } from '../../domain/sides/side';
import type { PatientAttributes } from '../journey/attributes';

/** `stopping`: nobody new arrives, those who are here go on to their end. */
export const RUN_STATUSES = ['running', 'stopping', 'finished', 'failed'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** One run of patients, in counts. */
export interface RunState {
  migration: string;
  /** The one that its patients are asked about; a run of whole journeys has several, in `journey`. */
  phase?: string;
  kind: 'payment' | 'recorded' | 'journey';
  status: RunStatus;
  /** Why it failed. */
  failure?: string;
  seed: string;
  timeScale: number;
  startedAt: string;
  patients: {
    arrived: number;
    /** By the side that they were told; in a run of whole journeys, first. */
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
  /** Only for whole journeys. */
  journey?: JourneyCounts;
}

/** What people were told in one phase. */
export interface ToldCounts {
  legacy: number;
  target: number;
  /** Nobody could say for as long as a person would wait; they left. */
  noSide: number;
}

/** Whole journeys, in counts. */
export interface JourneyCounts {
  /** The migration's phase for each part of the journey that it moves. */
  phases: Partial<Record<JourneyKind, string>>;
  /** By phase: people who were told a side, each once. */
  told: Record<string, ToldCounts>;
  /** The same by phase and the attributes that cohorts are made of. */
  cohorts: ({ phase: string; attributes: PatientAttributes } & ToldCounts)[];
  /** Work handed from one stack to the other, by event type that it leads to. Work that stays on a stack is not counted. */
  bridges: Record<string, { 'target→legacy': number; 'legacy→target': number }>;
}

/** A run under way. */
export interface PatientRun {
  readonly state: RunState;
  /** Lets nobody new in. Settles when all who are here have reached their end. */
  stop(): Promise<void>;
  /** Settles, without failing, when the run has finished or failed. */
  readonly ended: Promise<void>;
}
