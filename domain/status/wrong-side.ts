import type { Side } from '../sides/side';

/** Events of one type from one system of the side that their units were not on. */
export interface WrongSideTally {
  phase: string;
  /** The plan's name of the system. */
  system: string;
  /** The system's. */
  side: Side;
  type: string;
  events: number;
  units: number;
  /** When the latest of them happened. ISO */
  latestAt: string;
}

/** One event from the side that its unit was not on. Dates are ISO texts. */
export interface WrongSideEvent {
  phase: string;
  cohort: string | null;
  /** The key that its placement is under. */
  unit: string;
  /** Where the unit was when it happened. */
  placedSide: Side;
  system: string;
  /** The system's. */
  side: Side;
  type: string;
  /** The event's, at its system. */
  id: string;
  /** The episode's key. */
  journey: string;
  /** The patient's key. */
  subject: string;
  time: string;
  foundAt: string;
  /** The case of its unit, where systems of both sides act for it; null where there is none. */
  exception: string | null;
}

export interface WrongSidePage {
  /** In the order in which they were found. */
  events: WrongSideEvent[];
  /** The `after` of the page that follows; null where this is the last. */
  next: number | null;
}
