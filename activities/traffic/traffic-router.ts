import type { SplitCause } from '../../domain/sides/judge-split-change';
import type { SplitMode } from '../../domain/sides/split-mode';
import type { Milliseconds } from '../../domain/time/duration';

export interface SplitKey {
  migration: string;
  phase: string;
  cohort: string;
}

/** A split as it should be after a write. */
export interface SplitChange extends SplitKey {
  /** The epoch that the writer saw. The write gives `expectedEpoch + 1`. */
  expectedEpoch: number;
  /** Share of arriving units, in buckets of 100,000. With `perDay` it is the ceiling of who may be taken. */
  share: number;
  /** Number of arriving units a day; null for no such limit. */
  perDay: number | null;
  /** Units of the cohort that may be open on target at once; null or absent for no such limit. */
  maxOpen?: number | null;
  mode: SplitMode;
  /** How long the share stays valid without renewal; ignored at share 0 and in mode `committed`. */
  lease: Milliseconds;
  cause: SplitCause;
  /** Whether evidence starts to accumulate anew with this epoch (a new attempt). */
  newAttempt?: boolean;
  /** The same for a command that is given again, and for none other. */
  command?: string;
}

/** A split as the router really holds it. */
export interface ObservedSplit extends SplitKey {
  epoch: number;
  share: number;
  perDay: number | null;
  /** Units of the cohort that may be open on target at once; null: no such limit. */
  maxOpen: number | null;
  mode: SplitMode;
  /** null: no lease. */
  leaseUntil: Date | null;
  /** Whether the lease had run out by the database's clock when this was read. */
  lapsed: boolean;
  /** For how long it had run out, in milliseconds; 0 where it had not. */
  lapsedFor: Milliseconds;
  attemptEpoch: number;
  changedAt: Date;
  /** The command that put this epoch into force, where it had a name. */
  command?: string | null;
  /** How far what routes outside has followed; absent where nothing outside does. */
  outside?: {
    /** Whether this epoch was read back there as written, the last time that anybody looked. */
    confirmed: boolean;
    /** Whether it could not be carried there within its time, and waits for a person. */
    undelivered: boolean;
  };
}

/** A lease that is to run on. */
export interface LeaseRenewal extends SplitKey {
  epoch: number;
  /** From `provenAt` on. */
  lease: Milliseconds;
  /** When the proof of life was taken, by the database's clock. */
  provenAt: Date;
}

/** Moves the share of newly arriving units. Every method may be called again with the same arguments. */
export interface TrafficRouter {
  /**
   * Applies the change where the router holds `expectedEpoch`, and gives what it then holds. Repeating a write that
   * already took effect gives the same answer.
   * @throws StaleEpoch where it holds another epoch; NotRoutable where what routes outside can do no such raise; RouteNotCarried where
   * that was not read back as written: repeat it, the split itself is changed already
   */
  write(change: SplitChange): Promise<ObservedSplit>;
  /** What the router really does now, never what it was last told; undefined where it knows of no such split. */
  readBack(key: SplitKey): Promise<ObservedSplit | undefined>;
  /**
   * Lets the lease end `lease` after `provenAt` (when the proof of life was taken, by the database's clock), if the epoch
   * is still this one and the lease has not run out: a lease that ran out is never revived. Gives what it then holds.
   */
  renew(renewal: LeaseRenewal): Promise<ObservedSplit | undefined>;
  /** The same as {@link readBack} of each, in the order of the keys. */
  readBackAll(keys: readonly SplitKey[]): Promise<(ObservedSplit | undefined)[]>;
  /** The same as {@link renew} of each, in their order; each split is there once. One that somebody holds for long keeps its lease as it is. */
  renewAll(renewals: readonly LeaseRenewal[]): Promise<(ObservedSplit | undefined)[]>;
}
