import {
  attributionOf,
  type AttributedPlacement,
  type PhaseSplits,
  type SplitMoment,
} from '../../../domain/handoffs/attribution';

const START = 1_000_000;
const TIMES = { startedAt: START, endAt: START + 60_000, ended: true };
const NONE = { placement: null, splits: new Map() as PhaseSplits };

function placed(more: Partial<AttributedPlacement> = {}): AttributedPlacement {
  return { side: 'target', cohort: 'ca', epoch: '3', placedAt: START - 1_000, moved: null, ...more };
}

function splits(
  ...moments: readonly [cohort: string, epoch: number, changedAt: number, mode?: 'committed'][]
): PhaseSplits {
  const byCohort = new Map<string, SplitMoment[]>();
  for (const [cohort, epoch, changedAt, mode] of moments) {
    const moment = { epoch: String(epoch), changedAt, committed: mode === 'committed' };
    byCohort.set(cohort, [...(byCohort.get(cohort) ?? []), moment]);
  }
  return byCohort;
}

describe('what an occurrence counts for', () => {
  it('is nothing but the side that must end it, without a placement', () => {
    expect(attributionOf(TIMES, NONE, NONE)).toEqual({ cohort: null, side: null, epoch: null, toSide: 'legacy' });
  });

  it("is its unit's cohort and side, and the epoch of the split then", () => {
    const start = {
      placement: placed(),
      splits: splits(['ca', 3, START - 9_000], ['ca', 4, START], ['ca', 5, START + 1]),
    };
    expect(attributionOf(TIMES, start, start)).toEqual({ cohort: 'ca', side: 'target', epoch: '4', toSide: 'target' });
  });

  it('is the epoch that it was placed under, where the split was of an older one by then', () => {
    const start = {
      placement: placed({ epoch: '10' }),
      splits: splits(['ca', 9, START - 9_000], ['fl', 12, START - 9_000]),
    };
    expect(attributionOf(TIMES, start, NONE).epoch).toBe('10');
  });

  it.each([
    [4_999, 'target'],
    [5_000, 'target'],
    [5_001, null],
  ])('takes a placement that was made %i ms after the start for one before it: %s', (later, side) => {
    const start = { placement: placed({ placedAt: START + later }), splits: splits() };
    expect(attributionOf(TIMES, start, NONE).side).toBe(side);
  });

  it.each([
    [START, 'legacy'],
    [START + 1, 'target'],
  ])('is where a unit was when it started, that was moved at %i', (at, side) => {
    const start = { placement: placed({ side: 'legacy', moved: { from: 'target', at } }), splits: splits() };
    expect(attributionOf(TIMES, start, NONE).side).toBe(side);
  });

  it('must end where its unit is at its end, or at its deadline', () => {
    const end = { placement: placed({ placedAt: TIMES.endAt + 1 }), splits: splits() };
    expect(attributionOf(TIMES, NONE, end).toSide).toBe('target');
    // Nothing ended it, so nothing was reported by a clock that is behind.
    expect(attributionOf({ ...TIMES, ended: false }, NONE, end).toSide).toBe('legacy');
    const moved = {
      placement: placed({ side: 'legacy', moved: { from: 'target', at: TIMES.endAt } }),
      splits: splits(),
    };
    expect(attributionOf(TIMES, NONE, moved).toSide).toBe('legacy');
  });

  it.each([
    ['its own cohort was committed by then', splits(['ca', 9, START, 'committed'], ['fl', 2, START]), 'target'],
    ['its own cohort was not, whatever others were', splits(['ca', 2, START], ['fl', 9, START, 'committed']), 'legacy'],
    ['its own cohort was committed later', splits(['ca', 9, TIMES.endAt + 1, 'committed']), 'legacy'],
    [
      'all cohorts of that phase were',
      splits(['fl', 9, START, 'committed'], ['ny', 9, TIMES.endAt, 'committed']),
      'target',
    ],
    ['one of them was not', splits(['fl', 9, START, 'committed'], ['ny', 9, START]), 'legacy'],
    ['it was committed and taken back', splits(['ca', 9, START, 'committed'], ['ca', 10, START + 1]), 'legacy'],
    ['it has no split', splits(), 'legacy'],
  ])('must end on the side of the phase, for a unit without a placement in it, where %s', (_, of, toSide) => {
    const start = { placement: placed(), splits: splits() };
    expect(attributionOf(TIMES, start, { placement: null, splits: of }).toSide).toBe(toSide);
  });
});
