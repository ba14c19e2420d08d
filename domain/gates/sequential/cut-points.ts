import type { Milliseconds } from '../../time/duration';

/** A time that so many of a hundred of legacy's handoffs took at most. */
export interface CutPoint {
  percentile: number;
  /** null: at that place was a missed one, so that what is compared is how many are kept at all. */
  within: Milliseconds | null;
  /** What part of legacy's ended within it, of those that it was taken from: 0 to 1. */
  share: number;
}

const PERCENTILES = [50, 90, 99] as const;
export const MOST_CUT_POINTS = PERCENTILES.length;

/** So many outcomes of legacy it takes to know how long it takes there: of fewer, nobody stands at the 99th of a hundred. */
export const KNOWN_FROM = 100;

/** Of the latest so many it is known; what came before them is another time. */
export const KNOWN_FROM_LATEST = 2_000;

/**
 * Legacy's p50, p90 and p99: each is a time that was really taken. Two that are the same are one, that of the higher percentile.
 * @param took by handoff; Infinity for a missed one
 * @returns by rising time; undefined where they are fewer than KNOWN_FROM
 */
export function cutPointsOf(took: readonly Milliseconds[]): CutPoint[] | undefined {
  if (took.length < KNOWN_FROM) return undefined;
  const rising = [...took].sort((one, other) => one - other);
  const points = new Map<Milliseconds, CutPoint>();
  for (const percentile of PERCENTILES) {
    const limit = rising[Math.ceil((percentile * rising.length) / 100) - 1] ?? Infinity;
    const within = rising.filter((one) => one <= limit && one < Infinity).length;
    points.set(limit, {
      percentile,
      within: limit === Infinity ? null : limit,
      share: within / rising.length,
    });
  }
  return [...points.values()];
}

/** Of what there is for each cut point, that of nine in ten; where they are fewer, of the one next to it. */
export function mainOf<Of>(byCut: readonly Of[]): Of | undefined {
  return byCut[1] ?? byCut[0];
}

export function isWithin({ within }: Pick<CutPoint, 'within'>, took: Milliseconds): boolean {
  return took <= (within ?? Number.MAX_VALUE);
}
