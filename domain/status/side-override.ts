import type { Side } from '../sides/side';

/** A test unit that was given a side by name. */
export interface SideOverride {
  phase: string;
  /** The unit's key, which the plan names under `testUnits`. */
  unit: string;
  side: Side;
  /** An actor's id. */
  setBy: string;
  reason: string;
  /** ISO */
  setAt: string;
}

/** What came of removing one: the unit keeps its side. */
export interface RemovedOverride {
  phase: string;
  unit: string;
  side: Side;
}
