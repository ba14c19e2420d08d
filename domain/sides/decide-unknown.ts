import type { Side } from './side';
import type { SplitMode } from './split-mode';

/** What a plan declares for units whose side cannot be looked up: before the commit of their cohort, and after it. */
export interface OnUnknown {
  beforeCommit: 'legacy' | 'tryAgain';
  afterCommit: 'target' | 'tryAgain';
}

/** With what holds where a plan does not say: no side. Whom this process does not know, another may: any side is a guess, to be declared. */
export function onUnknownOf(declared: Partial<OnUnknown> | undefined): OnUnknown {
  return { beforeCommit: declared?.beforeCommit ?? 'tryAgain', afterCommit: declared?.afterCommit ?? 'tryAgain' };
}

export interface UnknownFacts {
  onUnknown: OnUnknown;
  /** Of its cohort's split, as last known; undefined where there was none. */
  mode: SplitMode | undefined;
  /** In the phase before; `notKnown` where it may have one there, or further back, that is not known here; undefined where no phase comes before. */
  previousSide: Side | 'notKnown' | undefined;
}

/**
 * The side of a unit that nobody here remembers while the record of sides is out of reach; `tryAgain` where none may be told. Where people
 * are being moved back, either side could be the wrong one. Whoever may come from legacy is not told target (I14).
 */
export function decideUnknown({ onUnknown, mode, previousSide }: UnknownFacts): Side | 'tryAgain' {
  if (mode === 'returning') return 'tryAgain';
  const declared = mode === 'committed' ? onUnknown.afterCommit : onUnknown.beforeCommit;
  const mayComeFromLegacy = previousSide !== undefined && previousSide !== 'target';
  return declared === 'target' && mayComeFromLegacy ? 'tryAgain' : declared;
}
