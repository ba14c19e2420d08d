import type { EventData } from '../events/event-contract';
import type { Outcome } from '../handoffs/match-handoffs';
import type { Side } from '../sides/side';
import type { UnitKind } from '../sides/units';
import type { PatientStanding } from './patient-standing';

interface Entry {
  /** When it happened. */
  at: string;
}

/** What a system told. */
export interface TimelineEvent extends Entry {
  kind: 'event';
  type: string;
  /** The plan's system that told it, and the stack that it belongs to; null: the plan has it no more. */
  system: string | null;
  stack: Side | 'shared' | null;
  episode: string;
  /** Where it finds them; null: it does not tell. */
  stage: string | null;
  owner: string | null;
  /** Coded fields. */
  data: EventData;
  receivedAt: string;
}

/** That a unit of theirs got a side, changed it, or was done with its phase. */
export interface TimelineSide extends Entry {
  kind: 'side';
  change: 'placed' | 'moved' | 'closed';
  phase: string;
  unit: string;
  side: Side;
}

/** That a handoff started, or ended. */
export interface TimelineHandoff extends Entry {
  kind: 'handoff';
  change: 'started' | 'recovered' | Outcome;
  handoff: string;
  phase: string;
  episode: string;
  from: Side | null;
  to: Side;
  dueAt: string;
}

/** That a case was opened, or that somebody did something about it. */
export interface TimelineCase extends Entry {
  kind: 'case';
  change: string;
  case: string;
  queue: string;
  owner: string;
  /** null: nobody did it. */
  by: string | null;
}

/** That an id of a vendor's was found to be theirs. */
export interface TimelineId extends Entry {
  kind: 'id';
  vendor: string;
  idKind: string;
  names: UnitKind;
  because: string;
  page: string | null;
}

export type TimelineEntry = TimelineEvent | TimelineSide | TimelineHandoff | TimelineCase | TimelineId;

/** A patient across both stacks: where they stand, and how they got there, the latest first (R15). */
export interface PatientTimeline {
  standing: PatientStanding;
  entries: TimelineEntry[];
  /** Gives the entries before these; null: there are none. */
  next: string | null;
}
