import type { Side } from '../sides/side';
import type { UnitKind } from '../sides/units';

/** An id of a vendor that is theirs. */
export interface PatientVendorId {
  /** A system of the plan. */
  vendor: string;
  kind: string;
  /** Which unit it names, by our key; null: only the patient is known by it. */
  unit: string | null;
  names: UnitKind;
  lastSeenAt: string;
  /** Where the vendor shows it, with the id filled in; null: the plan does not say. */
  page: string | null;
}

/** The side of one of their units in a phase. */
export interface PatientSide {
  phase: string;
  /** The key that it is written down under. */
  unit: string;
  side: Side;
  cohort: string | null;
  placedAt: string;
  /** null: still open. */
  closedAt: string | null;
}

/** A stage that they were in without a break, or are. */
export interface StageStay {
  stage: string;
  phase: string | null;
  owner: string | null;
  from: string;
  /** null: they are there still. */
  until: string | null;
  /** How long, in milliseconds; until now where they are there still. */
  time: number;
}

export interface PatientEpisode {
  episode: string;
  open: boolean;
  /** Where they have been, in order. */
  stages: StageStay[];
  /** Where they are in it; null: its events do not tell. */
  stage: string | null;
  phase: string | null;
  /** The team that looks after them there. */
  owner: string | null;
  stageSince: string | null;
  /** How long they have been there, in milliseconds. */
  timeInStage: number | null;
  lastEvent: { type: string; system: string | null; at: string } | null;
}

/** A handoff that has started and not ended. */
export interface NextStep {
  handoff: string;
  phase: string;
  episode: string;
  /** Any of these ends it. */
  expects: string[];
  /** On which side it should. */
  side: Side;
  /** The team that owns the action; null: the plan does not say. */
  owner: string | null;
  startedAt: string;
  dueAt: string;
  overdue: boolean;
}

export interface PatientCase {
  id: string;
  queue: string;
  owner: string;
  assignedTo: string | null;
  handoff: string | null;
  phase: string | null;
  openedAt: string;
  dueAt: string;
  overdue: boolean;
}

/** Where one patient stands, across both stacks (R15, R46). */
export interface PatientStanding {
  /** The key that stays; a visitor's where nobody knows of whom it is. */
  patient: string;
  /** Every key that stands for them, this one among them. */
  keys: string[];
  vendorIds: PatientVendorId[];
  /** The latest first. */
  episodes: PatientEpisode[];
  sides: PatientSide[];
  /** What is waited for, the most urgent first. */
  nextSteps: NextStep[];
  /** Open ones, the most urgent first. */
  cases: PatientCase[];
  /** What may be said to them, in short sentences. */
  say: string[];
}

/** What an id of a vendor's, or a key, led to. */
export interface FoundPatient {
  /** The ids that were found; none where a key was looked for. */
  found: { vendor: string; kind: string; names: UnitKind; linkedTo: string | null; held: number }[];
  /** null: nobody knows whose it is. */
  patient: PatientStanding | null;
}
