import type { Side } from '../../domain/sides/side';
import type { SplitCause } from '../../domain/sides/judge-split-change';
import type { SplitMode } from '../../domain/sides/split-mode';
import type { UnitKind } from '../../domain/sides/units';

/**
 * What was asked, answered and done, as whoever asked and did it saw it; never what the product's tables say. `from` and `to` number the
 * moments when each began and ended, in the order of one clock: of two that overlap nobody knows which came first. `to` is infinite where the
 * end was never seen: it may take effect at any later moment, or never.
 */
interface Moment {
  from: number;
  to: number;
}

/** A question: to one start of one process. `askedAt`: before it was asked, in milliseconds of the clock that leases end by. */
interface Asked extends Moment {
  process: ProcessStart;
  askedAt: number;
  journey: number;
  phase: string;
  unit: string;
  /** The kinds of unit that the question named, beside its own. */
  named: readonly UnitKind[];
}

/** Of a process that was started again, another start. */
export interface ProcessStart {
  id: string;
  start: number;
}

export interface Answered extends Asked {
  kind: 'answered';
  side: Side;
  why: string;
  /** null: in no cohort. */
  cohort: string | null;
  /** That the unit was placed under. */
  epoch: number;
  /** Of the plan. */
  day: number;
  /** Whether the answer said that it was given out of reach of the record. */
  stale: boolean;
}

/** No side was answered: the process refused for now, or nobody heard. It may have been placed all the same. */
export interface Unanswered extends Asked {
  kind: 'unanswered';
  because: string;
}

interface OfSplit {
  phase: string;
  cohort: string;
}

/** A split as the product told it, `at` that time; `leaseUntil` null: no lease. Both in milliseconds of the machine's clock. */
export interface SplitTold {
  at: number;
  epoch: number;
  share: number;
  perDay: number | null;
  maxOpen: number | null;
  mode: SplitMode;
  leaseUntil: number | null;
}

/** A command to change a split, on evidence of `expectedEpoch`; null: of whatever epoch is in force when it is carried out. */
export interface SplitCommanded extends Moment, OfSplit {
  kind: 'commanded';
  cause: SplitCause;
  expectedEpoch: number | null;
  share: number;
  perDay: number | null;
  maxOpen: number | null;
  mode: SplitMode;
  /** `refused`: the product said that nothing was changed by it. `unknown`: it may have been done. */
  outcome: { is: 'done'; split: SplitTold } | { is: 'refused'; code: string } | { is: 'unknown' };
}

/** A lease was to be renewed: that of `epoch`, up to `leaseUntil` at most. */
export interface LeaseRenewed extends Moment, OfSplit {
  kind: 'renewed';
  epoch: number;
  leaseUntil: number;
  /** undefined: no answer came. */
  split: SplitTold | undefined;
}

/** The clock was moved past the end of the lease of that epoch. */
export interface LeaseRanOut extends Moment, OfSplit {
  kind: 'leaseRanOut';
  epoch: number;
}

/** The split as it was read, or as a sweeper said that it left it. */
export interface SplitSeen extends Moment, OfSplit {
  kind: 'splitSeen';
  split: SplitTold;
  /** A sweeper's word that it wrote this epoch, since the lease of the one before had run out. */
  lapsed: boolean;
}

/** Everybody of a cohort was to be brought back; `to` is infinite where that failed in the middle. */
export interface BroughtBack extends Moment, OfSplit {
  kind: 'broughtBack';
  epoch: number;
}

/** How many of a cohort are on target, as the product counts them. */
export interface TargetCounted extends Moment, OfSplit {
  kind: 'counted';
  target: number;
}

/** An event of the journey was stored that names its units of those kinds; it always names episode and patient. */
export interface Reported extends Moment {
  kind: 'reported';
  journey: number;
  named: readonly UnitKind[];
}

export interface Closed extends Moment {
  kind: 'closed';
  phase: string;
  unit: string;
}

/** All exceptions of the migration, when every process was back or declared dead. */
export interface ExceptionsSeen extends Moment {
  kind: 'exceptionsSeen';
  exceptions: readonly { phase: string | null; journey: string; cause: string }[];
}

/** What it owes from an outage is lost with it. */
export interface DeclaredDead extends Moment {
  kind: 'declaredDead';
  process: string;
}

export type Recorded =
  | Answered
  | Unanswered
  | SplitCommanded
  | LeaseRenewed
  | LeaseRanOut
  | SplitSeen
  | BroughtBack
  | TargetCounted
  | Reported
  | Closed
  | ExceptionsSeen
  | DeclaredDead;

/** The phases in the plan's order, the keys of each journey, and what buckets are made with; null: that was never told. */
export interface Setting {
  salt: string | null;
  phases: readonly { id: string; unit: UnitKind }[];
  journeys: readonly Readonly<Record<UnitKind, string>>[];
}
