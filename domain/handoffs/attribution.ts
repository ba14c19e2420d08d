import type { Side } from '../sides/side';
import type { Milliseconds } from '../time/duration';
import type { Placed } from './event-sides';

/** Which sides, cohort and epoch an occurrence counts for. All null but `toSide`: its unit had no placement when it started. */
export interface Attribution {
  cohort: string | null;
  side: Side | null;
  /** A bigint in decimal. */
  epoch: string | null;
  /** The side that must end it. */
  toSide: Side;
}

/** When an occurrence started, and when it ended or should have. Milliseconds since 1970. */
export interface AttributedTimes {
  startedAt: number;
  /** The end, else the deadline. */
  endAt: number;
  /** Whether something ended it: that was reported after the unit was placed. */
  ended: boolean;
}

/** A unit's placement in a phase, with the epoch that it was made under. */
export interface AttributedPlacement extends Placed {
  cohort: string | null;
  epoch: string;
}

/** What a cohort's split in a phase became at a moment (milliseconds since 1970), one after another. */
export interface SplitMoment {
  epoch: string;
  committed: boolean;
  changedAt: number;
}

/** The splits of a phase by cohort, each in the order of its changes. */
export type PhaseSplits = ReadonlyMap<string, readonly SplitMoment[]>;

/**
 * How far a stack's clock may be behind the database's, or cut off to whole seconds, when it stamps an event right after it
 * asked for the side. Wall-clock time, never compressed.
 */
const CLOCK_BEHIND: Milliseconds = 5_000;

/**
 * The placement of the unit as it was when it started (a unit that was moved since counts where it was), and the epoch of its split then.
 *
 * A unit that has no side in the phase of the end is to go on legacy, unless that phase was committed by then: for the cohort of
 * the start where it is one of that phase too, else for every cohort.
 * @param start its unit's placement in the phase that it counts for, and that phase's splits
 * @param end the same of the phase that it must end in
 */
export function attributionOf(
  times: AttributedTimes,
  start: { placement: AttributedPlacement | null; splits: PhaseSplits },
  end: { placement: AttributedPlacement | null; splits: PhaseSplits },
): Attribution {
  const placed = within(start.placement, times.startedAt + CLOCK_BEHIND);
  const ending = within(end.placement, times.endAt + (times.ended ? CLOCK_BEHIND : 0));
  const cohort = placed?.cohort ?? null;
  return {
    cohort,
    side: placed === null ? null : sideThen(placed, times.startedAt),
    epoch: placed === null ? null : epochThen(placed, start.splits, times.startedAt),
    toSide: ending === null ? sideWithoutPlacement(end.splits, cohort, times.endAt) : sideThen(ending, times.endAt),
  };
}

function within(placement: AttributedPlacement | null, latest: number): AttributedPlacement | null {
  return placement !== null && placement.placedAt <= latest ? placement : null;
}

function sideThen({ side, moved }: Placed, at: number): Side {
  return moved !== null && moved.at > at ? moved.from : side;
}

/** A unit is placed under an epoch before it starts anything, whatever the stack's clock says. */
function epochThen({ cohort, epoch }: AttributedPlacement, splits: PhaseSplits, at: number): string {
  const then = cohort === null ? undefined : splitAt(splits.get(cohort), at);
  return then !== undefined && Number(then.epoch) > Number(epoch) ? then.epoch : epoch;
}

function sideWithoutPlacement(splits: PhaseSplits, cohort: string | null, at: number): Side {
  const own = cohort === null ? undefined : splitAt(splits.get(cohort), at);
  if (own !== undefined) return own.committed ? 'target' : 'legacy';
  let some = false;
  for (const moments of splits.values()) {
    const then = splitAt(moments, at);
    if (then?.committed === false) return 'legacy';
    some ||= then !== undefined;
  }
  return some ? 'target' : 'legacy';
}

function splitAt(moments: readonly SplitMoment[] | undefined, at: number): SplitMoment | undefined {
  return moments?.findLast(({ changedAt }) => changedAt <= at);
}
