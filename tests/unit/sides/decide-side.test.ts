import fc from 'fast-check';
import { BUCKETS } from '../../../domain/plan/plan-schema';
import { bucketOf } from '../../../domain/sides/bucket';
import { decideSide, DECISION_REASONS, type DecisionFacts, type SplitInForce } from '../../../domain/sides/decide-side';
import { SIDES } from '../../../domain/sides/side';
import { SPLIT_MODES } from '../../../domain/sides/split-mode';

const share = fc.integer({ min: 0, max: BUCKETS });
const bucket = fc.integer({ min: 0, max: BUCKETS - 1 });
const side = fc.constantFrom(...SIDES);
const split: fc.Arbitrary<SplitInForce> = fc.record({
  share,
  perDay: fc.option(fc.integer({ min: 1, max: 50 })),
  maxOpen: fc.option(fc.integer({ min: 1, max: 50 })),
  mode: fc.constantFrom(...SPLIT_MODES),
  unattended: fc.boolean(),
});
const facts: fc.Arbitrary<DecisionFacts> = fc.record({
  placed: fc.option(side, { nil: undefined }),
  cohort: fc.option(fc.constant('pilot')),
  split: fc.option(split, { nil: undefined }),
  bucket,
  takenToday: fc.integer({ min: 0, max: 60 }),
  openNow: fc.integer({ min: 0, max: 60 }),
  previousPhase: fc.option(fc.record({ side, unattended: fc.boolean() }), { nil: undefined }),
});

const OPEN: SplitInForce = { share: 50_000, perDay: null, maxOpen: null, mode: 'open', unattended: false };
const ARRIVAL: DecisionFacts = { cohort: 'pilot', split: OPEN, bucket: 49_999, takenToday: 0, openNow: 0 };

describe('the decision which side a unit is on', () => {
  it.each<[string, DecisionFacts, { side: string; reason: string }]>([
    ['below the share', ARRIVAL, { side: 'target', reason: 'inShare' }],
    [
      'given a side by name, whatever speaks against it',
      {
        ...ARRIVAL,
        bucket: 99_999,
        placed: 'target',
        overridden: true,
        previousPhase: { side: 'legacy', unattended: true },
      },
      { side: 'target', reason: 'override' },
    ],
    ['at the share', { ...ARRIVAL, bucket: 50_000 }, { side: 'legacy', reason: 'outsideShare' }],
    [
      'while the split is unattended (I4)',
      { ...ARRIVAL, split: { ...OPEN, unattended: true } },
      { side: 'legacy', reason: 'unattended' },
    ],
    [
      'while people are moved back',
      { ...ARRIVAL, split: { ...OPEN, mode: 'returning' } },
      { side: 'legacy', reason: 'returning' },
    ],
    [
      'after the commit, whatever its bucket',
      { ...ARRIVAL, bucket: BUCKETS - 1, split: { ...OPEN, share: BUCKETS, mode: 'committed' } },
      { side: 'target', reason: 'committed' },
    ],
    ['in no cohort', { ...ARRIVAL, cohort: null, split: undefined }, { side: 'legacy', reason: 'noCohort' }],
    ['before its split is opened', { ...ARRIVAL, split: undefined }, { side: 'legacy', reason: 'notOpened' }],
    [
      'on the last place of a day',
      { ...ARRIVAL, split: { ...OPEN, perDay: 10 }, takenToday: 9 },
      { side: 'target', reason: 'inShare' },
    ],
    [
      'on a full day',
      { ...ARRIVAL, split: { ...OPEN, perDay: 10 }, takenToday: 10 },
      { side: 'legacy', reason: 'dayFull' },
    ],
    [
      'on the last open place',
      { ...ARRIVAL, split: { ...OPEN, maxOpen: 10 }, openNow: 9 },
      { side: 'target', reason: 'inShare' },
    ],
    [
      'with every place taken by somebody who is still open',
      { ...ARRIVAL, split: { ...OPEN, maxOpen: 10 }, openNow: 10 },
      { side: 'legacy', reason: 'openFull' },
    ],
    [
      'coming from legacy, even after the commit (I14)',
      { ...ARRIVAL, split: { ...OPEN, mode: 'committed' }, previousPhase: { side: 'legacy', unattended: false } },
      { side: 'legacy', reason: 'previousPhase' },
    ],
    [
      'coming from legacy in the phase before (I14)',
      { ...ARRIVAL, previousPhase: { side: 'legacy', unattended: false } },
      { side: 'legacy', reason: 'previousPhase' },
    ],
    [
      'while the phase before is unattended (I14)',
      { ...ARRIVAL, previousPhase: { side: 'target', unattended: true } },
      { side: 'legacy', reason: 'previousPhase' },
    ],
  ])('%s', (_, given, expected) => {
    expect(decideSide(given)).toEqual(expected);
  });

  it('never moves a unit that has a side, whatever happened to the split (I1)', () => {
    fc.assert(
      fc.property(facts, side, (given, placed) => {
        expect(decideSide({ ...given, placed })).toEqual({ side: placed, reason: 'placedBefore' });
      }),
    );
  });

  it('sends nobody new to target who is outside the share, unattended, on a full day or during a return, short of a commit', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { side: answered } = decideSide({ ...given, placed: undefined });
        if (answered === 'legacy') return;
        const { split: by } = given;
        expect(given.cohort).not.toBeNull();
        expect(given.previousPhase?.side).not.toBe('legacy');
        if (by?.mode === 'committed') return;
        expect(by).toMatchObject({ mode: 'open', unattended: false });
        expect(given.bucket).toBeLessThan(by?.share ?? 0);
        expect(given.takenToday).toBeLessThan(by?.perDay ?? Infinity);
        expect(given.openNow).toBeLessThan(by?.maxOpen ?? Infinity);
        expect(given.previousPhase?.unattended).not.toBe(true);
      }),
    );
  });

  it('takes to target at a higher share everyone whom a lower one takes (I1)', () => {
    fc.assert(
      fc.property(facts, split, share, share, (given, by, one, other) => {
        const at = (of: number) => decideSide({ ...given, placed: undefined, split: { ...by, share: of } }).side;
        if (at(Math.min(one, other)) === 'target') expect(at(Math.max(one, other))).toBe('target');
      }),
    );
  });

  it('keeps every unit on its side through any ramp, up and down (I1)', () => {
    fc.assert(
      fc.property(
        fc.array(share, { minLength: 1, maxLength: 8 }),
        fc.array(fc.uuid(), { minLength: 1, maxLength: 20 }),
        (ramp, units) => {
          const first = new Map<string, string>();
          for (const at of ramp) {
            for (const unit of units) {
              const placed = first.get(unit) as 'legacy' | 'target' | undefined;
              const { side: answered } = decideSide({
                ...{ placed, cohort: 'pilot', takenToday: 0, openNow: 0, bucket: bucketOf('salt', unit) },
                split: { ...OPEN, share: at },
              });
              first.set(unit, first.get(unit) ?? answered);
              expect(answered).toBe(first.get(unit));
            }
          }
        },
      ),
    );
  });

  it('gives only reasons that are declared', () => {
    fc.assert(
      fc.property(facts, (given) => {
        expect(DECISION_REASONS).toContain(decideSide(given).reason);
      }),
    );
  });
});
