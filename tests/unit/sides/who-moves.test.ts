import fc from 'fast-check';
import { cohortMoves, type CohortArrivals, type SplitSize } from '../../../domain/sides/who-moves';
import type { SplitMode } from '../../../domain/sides/split-mode';

const NONE: CohortArrivals = {
  ...{ cohort: 'pilot', staysOnLegacy: false, arrived: 140, heldBackBy: null, legacy: 90, target: 10 },
  ...{ recent: [], inFlight: [], ifRolledBack: [] },
};

function share(percent: number): SplitSize {
  return { share: percent * 1_000, perDay: null };
}

function perDay(count: number): SplitSize {
  return { share: 100_000, perDay: count };
}

function at(size: SplitSize, mode: SplitMode = 'open', lapsed = false): CohortArrivals {
  return { ...NONE, split: { ...size, mode, lapsed } };
}

describe('how many a change of a split would concern', () => {
  it.each([
    ['a share', at(share(10)), share(25), { now: 1, then: 2.5 }],
    ['a number a day', at(perDay(2)), share(25), { now: 2, then: 2.5 }],
    ['to a number a day', at(share(50)), perDay(4), { now: 5, then: 4 }],
    ['a number above what arrives', at(share(50)), perDay(40), { now: 5, then: 10 }],
    ['a split that nobody controls', at(share(50), 'open', true), share(50), { now: 0, then: 5 }],
    ['a split that people are brought back from', at(share(0), 'returning'), share(10), { now: 0, then: 1 }],
    ['a phase that has not begun', NONE, share(10), { now: 0, then: 1 }],
    ['a committed cohort', at(share(100), 'committed'), share(10), { now: 10, then: 10 }],
    ['a cohort that stays', { ...NONE, staysOnLegacy: true }, share(10), { now: 0, then: 0 }],
  ])('%s: of ten a day', (_, facts, to, expected) => {
    expect(cohortMoves(facts, to, 14).toTarget).toEqual(expected);
  });

  it.each([
    ['raise', share(10), share(25)],
    ['lower', share(25), share(10)],
    ['none', share(25), share(25)],
    ['lower', share(25), share(0)],
    ['raise', perDay(5), perDay(8)],
    ['lower', perDay(8), perDay(5)],
    ['raise', perDay(5), share(100)],
    // Ten arrive: a tenth of them is fewer than five.
    ['lower', perDay(5), share(10)],
    ['lower', share(100), perDay(5)],
    ['raise', share(10), perDay(5)],
    ['raise', share(0), perDay(5)],
    ['lower', perDay(5), share(0)],
  ] as const)('is a %s where it is one', (change, from, to) => {
    expect(cohortMoves(at(from), to, 14).change).toBe(change);
  });

  it('shows what a rollback would do beside a lowering alone', () => {
    const group = { milestone: null, before: { onTarget: 3, waiting: 0 } };
    const facts = {
      ...at(share(25)),
      ifRolledBack: [{ ...group, after: { finishing: 0, broughtBack: 3, waiting: 0 } }],
    };
    expect(cohortMoves(facts, share(50), 14).ifRolledBack).toBeNull();
    expect(cohortMoves(facts, share(10), 14).ifRolledBack).toEqual(facts.ifRolledBack);
  });

  it.each([
    [19, 14, 'fewer than 20 arrivals are recorded'],
    [500, 0.5, 'less than 1 day of arrivals is recorded'],
    [0, 0, 'less than 1 day of arrivals is recorded'],
  ])('says no number a day from %i arrivals in %d days', (arrived, days, tooLittle) => {
    expect(cohortMoves({ ...NONE, arrived }, share(25), days)).toMatchObject({
      arrivals: { count: arrived, perDay: null, tooLittle },
      toTarget: null,
    });
  });
});

describe('I1 whoever has a side', () => {
  it('is moved by no change, and would have been by a hash alone exactly where bucket and side part', () => {
    const unit = fc.record({
      side: fc.constantFrom('legacy' as const, 'target' as const),
      bucket: fc.integer({ min: 0, max: 99_999 }),
    });
    fc.assert(
      fc.property(fc.array(unit), fc.integer({ min: 0, max: 100_000 }), (recent, to) => {
        const { placed } = cohortMoves({ ...NONE, recent }, { share: to, perDay: null }, 14);
        expect(placed.move).toBe(0);
        const parted = recent.filter(({ side, bucket }) => (side === 'target') !== bucket < to);
        expect(placed.byHashAlone).toEqual({ looked: recent.length, flipped: parted.length });
      }),
    );
  });
});
