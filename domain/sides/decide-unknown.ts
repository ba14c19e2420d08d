import type { Side } from './side';
import type { SplitMode } from './split-mode';

/** What a plan declares for units whose side cannot be looked up: before the commit of their cohort, and after it. */
export interface OnUnknown {
  beforeCommit: 'legacy' | 'tryAgain';
  afterCommit: 'target' | 'tryAgain';
}

/** With what holds where a plan does not say. */
export function onUnknownOf(declared: Partial<OnUnknown> | undefined): OnUnknown {
  return { beforeCommit: declared?.beforeCommit ?? 'legacy', afterCommit: declared?.afterCommit ?? 'target' };
}

export interface UnknownFacts {
  onUnknown: OnUnknown;
  /** Of its cohort's split, as last known; undefined where there was none. */
  mode: SplitMode | undefined;
  /** Of the nearest earlier phase that its side is known in; undefined where it is in none. */
  previousSide: Side | undefined;
}

/**
 * The side of a unit that nobody here remembers while the record of sides is out of reach; `tryAgain` where none may be told. Where people
 * are being moved back, either side could be the wrong one. Whoever is known to come from legacy stays there (I14).
 */
export function decideUnknown({ onUnknown, mode, previousSide }: UnknownFacts): Side | 'tryAgain' {
  if (mode === 'returning') return 'tryAgain';
  const declared = mode === 'committed' ? onUnknown.afterCommit : onUnknown.beforeCommit;
  return declared === 'target' && previousSide === 'legacy' ? 'tryAgain' : declared;
}
