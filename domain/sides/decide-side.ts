import type { Side } from './side';
import type { SplitMode } from './split-mode';

/** Why a unit is on its side. Stable codes: answers, metrics and the documentation carry them. */
export const DECISION_REASONS = [
  'placedBefore', // it has a side and keeps it (I1)
  'override', // a test unit: somebody gave it this side by name
  'synthetic', // a synthetic patient: its key says which side it goes through, and nothing is written down
  'noCohort', // no cohort of the plan takes it
  'notOpened', // its cohort has no split yet
  'committed', // the point of no return is passed: everyone is on target
  'outsideShare', // its bucket is above the share
  'returning', // people are being moved back, nobody new goes to target
  'unattended', // nobody renewed the split's lease (I4)
  'limbo', // an API process is out of reach and may be answering on its own
  'previousPhase', // this journey is on legacy in an earlier phase, or that one is unattended (I14)
  'dayFull', // as many as the plan allows a day are on target already
  'openFull', // as many as the plan allows at once are open on target
  'inShare', // its bucket is below the share
  'stale', // it has a side, and keeps it: as last known, since the record is out of reach
  'outOfReach', // the record is out of reach: what the phase declares for that, written down here until it is back
] as const;
export type DecisionReason = (typeof DECISION_REASONS)[number];

/** A split as it is at the moment of the decision. */
export interface SplitInForce {
  /** Buckets. */
  share: number;
  /** Units a day; null for no such limit. */
  perDay: number | null;
  /** Units that may be open on target at once; null for no such limit. */
  maxOpen: number | null;
  mode: SplitMode;
  /** Whether its lease has run out. */
  unattended: boolean;
}

export interface DecisionFacts {
  /** The side that was written down for the unit, where one was. */
  placed?: Side | undefined;
  /** Whether that was by an override that is in force. */
  overridden?: boolean;
  /** null: no cohort takes it. */
  cohort: string | null;
  /** undefined: the cohort has no split yet. */
  split?: SplitInForce | undefined;
  /** From `bucketOf`. */
  bucket: number;
  /** Units that target took today, where the split counts by day. */
  takenToday: number;
  /** Units of the cohort that are open on target, where the split counts them. */
  openNow: number;
  /** Whether a process that answers on its own in an outage has not been heard of since its lease ran out. */
  limbo?: boolean;
  /** The nearest earlier phase in which this journey's unit has a side; undefined where none has. */
  previousPhase?: { side: Side; unattended: boolean } | undefined;
}

export interface SideDecision {
  side: Side;
  reason: DecisionReason;
}

/** The side of a unit, from facts alone. What was written down wins; whatever speaks against target wins over its share. */
export function decideSide(facts: DecisionFacts): SideDecision {
  const { placed, overridden, cohort, split, bucket, takenToday, openNow, limbo, previousPhase } = facts;
  if (placed !== undefined) return { side: placed, reason: overridden === true ? 'override' : 'placedBefore' };
  if (cohort === null) return legacy('noCohort');
  if (split === undefined) return legacy('notOpened');
  // Before the commit too: it moves those who arrive, and whoever comes from legacy does not arrive here (I14).
  if (previousPhase?.side === 'legacy') return legacy('previousPhase');
  if (split.mode === 'committed') return { side: 'target', reason: 'committed' };
  if (bucket >= split.share) return legacy('outsideShare');
  if (split.mode === 'returning') return legacy('returning');
  if (split.unattended) return legacy('unattended');
  if (limbo === true) return legacy('limbo');
  if (previousPhase?.unattended === true) return legacy('previousPhase');
  if (split.perDay !== null && takenToday >= split.perDay) return legacy('dayFull');
  if (split.maxOpen !== null && openNow >= split.maxOpen) return legacy('openFull');
  return { side: 'target', reason: 'inShare' };
}

function legacy(reason: DecisionReason): SideDecision {
  return { side: 'legacy', reason };
}
