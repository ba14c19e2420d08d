import type { SplitMode } from './split-mode';

export const SPLIT_CAUSES = [
  'created',
  'raised',
  'lowered',
  'rollback',
  'lapsed',
  'restored',
  'committed',
  'rehearsed',
  'stopped',
] as const;
export type SplitCause = (typeof SPLIT_CAUSES)[number];

/** What a write puts into force. */
export interface SplitContent {
  /** Buckets. */
  share: number;
  perDay: number | null;
  maxOpen: number | null;
  mode: SplitMode;
  cause: SplitCause;
  /** Milliseconds. */
  lease: number;
  newAttempt: boolean;
  /** What it is known by when it is given again. */
  command?: string;
}

export interface JudgedSplit {
  epoch: number;
  share: number;
  mode: SplitMode;
  /** Whether its lease has run out. */
  unattended: boolean;
  /** What put this epoch into force. */
  content: SplitContent;
}

/**
 * `apply` the write; `repeat`: it is in force already; `stale`: another epoch is; `lapseFirst`: the lease ran out, so this epoch
 * is over and its fallback must be written down; `committed`: nothing changes it any more; `wouldRaise`: a lowering that is none.
 */
export type SplitJudgement = 'apply' | 'repeat' | 'stale' | 'lapseFirst' | 'committed' | 'wouldRaise';

const LOWERING: readonly SplitCause[] = ['lowered', 'rollback', 'lapsed', 'stopped'];

const RAISING: readonly SplitCause[] = ['raised', 'restored', 'committed'];

/** Whether a write of this cause may let more people go to target, or keeps them there for good. */
export function isRaise(cause: SplitCause): boolean {
  return RAISING.includes(cause);
}

/**
 * What becomes of a write that expects `expectedEpoch`. I3, I4: a late or repeated command never raises a split, and a lease that ran
 * out is never revived, not even at a lower share.
 */
export function judgeSplitChange(split: JudgedSplit, expectedEpoch: number, wanted: SplitContent): SplitJudgement {
  if (split.epoch === expectedEpoch + 1 && sameContent(split.content, wanted)) return 'repeat';
  if (split.epoch !== expectedEpoch) return 'stale';
  if (split.mode === 'committed') return 'committed';
  if (split.unattended && (wanted.share > 0 || wanted.mode === 'committed')) return 'lapseFirst';
  if (LOWERING.includes(wanted.cause) && wanted.share > split.share) return 'wouldRaise';
  return 'apply';
}

function sameContent(a: SplitContent, b: SplitContent): boolean {
  return (
    a.share === b.share &&
    a.perDay === b.perDay &&
    a.maxOpen === b.maxOpen &&
    a.mode === b.mode &&
    a.cause === b.cause &&
    a.lease === b.lease &&
    a.newAttempt === b.newAttempt
  );
}
