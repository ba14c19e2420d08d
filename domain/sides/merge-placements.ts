import type { Side } from './side';

/** A placement of one of the keys that turned out to be one unit's in a phase. */
export interface MergingPlacement {
  unit: string;
  side: Side;
  /** By whatever clock they all go by. */
  placedAt: number;
  closed: boolean;
  /** When it began to wait for a person; null: it does not. */
  pausedAt: number | null;
}

export interface MergedPlacements<Placement extends MergingPlacement> {
  /** The one that is the unit's from now on. */
  kept: Placement;
  /** When that began to wait for a person: as the first of those that went into it. */
  pausedAt: number | null;
  /** Those that go into it. */
  merged: Placement[];
  /** Those that stay under their own keys, each on the other side: a case for a person (I1: nobody in the middle of a journey changes side). */
  contradicting: Placement[];
}

/**
 * What becomes of the placements of keys that are one unit's. Open ones win over closed ones, which are in the middle of nothing. Of open ones on one
 * side the first is kept, so that what began meanwhile counts as it did. Open ones on both sides are all kept: none that was heard is taken back.
 * @param unit the key that stays
 * @param placements one or more
 */
export function mergePlacements<Placement extends MergingPlacement>(
  unit: string,
  placements: readonly Placement[],
): MergedPlacements<Placement> {
  const inOrder = [...placements].sort((a, b) => a.placedAt - b.placedAt || (a.unit < b.unit ? -1 : 1));
  const open = inOrder.filter(({ closed }) => !closed);
  const own = (of: readonly Placement[]): Placement | undefined => of.find((placement) => placement.unit === unit);
  const agree = new Set(open.map(({ side }) => side)).size === 1;
  const kept = (agree ? undefined : own(open.length > 0 ? open : inOrder)) ?? open[0] ?? inOrder[0];
  if (kept === undefined) throw new Error('There is nothing to merge.');
  const contradicting = open.filter(({ side }) => side !== kept.side);
  const merged = inOrder.filter((placement) => placement !== kept && !contradicting.includes(placement));
  const waiting = [kept, ...merged].filter(({ closed }) => !closed).flatMap(({ pausedAt }) => pausedAt ?? []);
  return { kept, pausedAt: waiting.length === 0 ? null : Math.min(...waiting), merged, contradicting };
}
