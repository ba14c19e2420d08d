import { checkHistory } from '../../histories/check/check-history';
import type { Checked } from '../../histories/check/violation';
import {
  answered,
  broughtBack,
  closed,
  counted,
  declaredDead,
  done,
  exceptionsSeen,
  raised,
  ranOut,
  reported,
  rolledBack,
  seen,
  SETTING,
  told,
  unanswered,
  type Recorded,
} from './told';

function found(...history: Recorded[]): Checked[] {
  return [...new Set(checkHistory(history, SETTING).map(({ invariant }) => invariant))];
}

const legacy = { side: 'legacy', why: 'placedBefore' } as const;
const again = { why: 'placedBefore' } as const;
const OTHER = { journey: 1, unit: 'sub_1' } as const;
const B = { id: 'B', start: 1 };
/** An answer out of reach of the record, to whom nobody knew. */
const alone = { side: 'legacy', why: 'outOfReach', stale: true, epoch: 2 } as const;

describe('the judge of histories', () => {
  it('finds nothing in a ramp, a rollback and a bringing back that went well', () => {
    expect(
      found(
        raised([1, 2]),
        answered([3, 4]),
        answered([3, 5], { ...again, process: B }),
        reported([6, 7]),
        rolledBack([8, 9], { mode: 'returning' }),
        broughtBack([10, 11]),
        answered([12, 13], legacy),
        done([14, 15], told({ epoch: 4, share: 0, leaseUntil: null })),
        exceptionsSeen([16, 17], ['ep_0']),
      ),
    ).toEqual([]);
  });

  describe('I1 a side that was answered stays', () => {
    it('finds who goes from legacy to target, and who goes from target to legacy with nobody to bring them back', () => {
      expect(found(answered([1, 2], legacy), answered([3, 4], again))).toEqual(['I1']);
      expect(found(answered([1, 2]), answered([3, 4], legacy))).toEqual(['I1']);
    });

    it('does not find fault with answers that overlap, since either may be the later one', () => {
      expect(found(answered([1, 4], legacy), answered([3, 5], again), broughtBack([2, 4]))).toEqual([]);
    });

    it('takes only a bringing back for a reason that can have come between the two answers', () => {
      const back = answered([7, 8], legacy);
      expect(found(broughtBack([1, 2]), answered([3, 4], { epoch: 4 }), back)).toEqual(['I1']);
      expect(found(answered([1, 2]), back, broughtBack([9, 10]))).toEqual(['I1']);
      expect(found(answered([1, 2]), broughtBack([3, 9]), back)).toEqual([]);
      expect(found(answered([1, 2]), broughtBack([3, Infinity]), back)).toEqual([]);
    });

    it('finds who is left on target after everybody was brought back, asked for before or not', () => {
      expect(found(answered([1, 2]), broughtBack([3, 4]), answered([5, 6], again))).toEqual(['I1']);
      expect(found(broughtBack([3, 4]), answered([5, 6]))).toEqual(['I1']);
    });

    it('lets those stay on target who came later, were closed, or whose bringing back did not end', () => {
      expect(found(broughtBack([3, 4]), answered([5, 6], { epoch: 4 }))).toEqual([]);
      expect(found(answered([1, 2]), closed([2, 5]), broughtBack([3, 4]), answered([6, 7], again))).toEqual([]);
      expect(found(answered([1, 2]), broughtBack([3, Infinity]), answered([5, 6], again))).toEqual([]);
    });

    it('finds a bringing back without an exception, or without one for each open journey', () => {
      const moved = [answered([1, 2]), broughtBack([5, 6]), answered([7, 8], legacy)];
      expect(found(...moved, exceptionsSeen([9, 10], []))).toEqual(['I1']);
      expect(found(...moved, exceptionsSeen([9, 10], ['ep_1']))).toEqual(['I1']);
      expect(found(...moved, exceptionsSeen([9, 10], ['sub_0']))).toEqual([]);
      expect(found(reported([3, 4]), ...moved, exceptionsSeen([9, 10], ['sub_0']))).toEqual(['I1']);
      expect(found(reported([3, 4]), ...moved, exceptionsSeen([9, 10], ['ep_0']))).toEqual([]);
    });

    it('does not miss exceptions that were looked at too early, nor a journey reported too late', () => {
      const moved = [answered([1, 2]), broughtBack([5, 6]), answered([7, 9], legacy)];
      expect(found(...moved, exceptionsSeen([8, 10], []))).toEqual([]);
      expect(found(reported([4, 6]), ...moved, exceptionsSeen([10, 11], ['sub_0']))).toEqual([]);
    });

    it('finds two exceptions of one bringing back', () => {
      expect(found(exceptionsSeen([1, 2], ['ep_0', 'ep_0']))).toEqual(['I1']);
      expect(found(exceptionsSeen([1, 2], ['ep_0', 'ep_0'], 'handoff:1'))).toEqual([]);
    });
  });

  describe('I9 a rollback of one cohort is no reason for another', () => {
    it('finds who was moved by a bringing back of others', () => {
      const other = broughtBack([3, 4], { cohort: 'everyone-else' });
      expect(found(answered([1, 2]), other, answered([5, 6], legacy))).toEqual(['I9']);
    });

    it('finds a split that fell and nobody had lowered', () => {
      const fallen = told({ epoch: 3, share: 0, leaseUntil: null });
      const other = rolledBack([3, 4], {});
      expect(found(raised([1, 2]), { ...other, cohort: 'everyone-else' }, seen([5, 6], fallen))).toEqual(['I9']);
    });

    it('finds no fault with one that fell because its lease had run out, or by a command whose answer nobody heard', () => {
      const fallen = told({ epoch: 3, share: 0, leaseUntil: null });
      expect(found(raised([1, 2]), ranOut([3, 4]), seen([5, 6], fallen))).toEqual([]);
      expect(found(raised([1, 2]), seen([1_100, 1_101], fallen))).toEqual([]);
      const renewal = { kind: 'renewed', from: 3, to: 4, phase: 'payment', cohort: 'pilot', epoch: 2 } as const;
      const tooLate = { ...renewal, leaseUntil: 9_000, split: told({ at: 1_050 }) };
      expect(found(raised([1, 2]), tooLate, seen([1_100, 1_101], fallen))).toEqual([]);
      const unheard = { ...rolledBack([3, Infinity]), outcome: { is: 'unknown' } } as const;
      expect(found(raised([1, 2]), unheard, seen([5, 6], fallen))).toEqual([]);
    });
  });

  describe('I2 after a rollback was answered nobody is placed under an older epoch', () => {
    it('finds who was asked for only after the answer', () => {
      expect(found(raised([1, 2]), rolledBack([3, 4]), answered([5, 6]))).toEqual(['I2']);
      expect(found(raised([1, 2]), raised([3, 4], { epoch: 3, share: 50_000 }), answered([5, 6]))).toEqual(['I2']);
    });

    it('does not find fault with who may have been placed before', () => {
      expect(found(raised([1, 2]), rolledBack([3, 6]), answered([5, 7]))).toEqual([]);
      expect(found(raised([1, 2]), unanswered([2, 4]), rolledBack([5, 6]), answered([7, 8], again))).toEqual([]);
      expect(found(raised([1, 2]), rolledBack([5, 6]), answered([7, 8], { ...legacy, why: 'outsideShare' }))).toEqual(
        [],
      );
    });

    it('finds who was placed under way, and is not in the count after the answer', () => {
      const late = answered([3, 9], OTHER);
      const history = [raised([1, 2]), answered([2, 3]), late, rolledBack([4, 5])];
      expect(found(...history, counted([6, 7], 1))).toEqual(['I2']);
      expect(found(...history, counted([6, 7], 2))).toEqual([]);
      expect(found(...history, counted([4, 7], 1))).toEqual([]);
      expect(found(...history, broughtBack([6, 7], { epoch: 3 }), counted([8, 9], 0))).toEqual([]);
    });

    it('finds who is on target under an epoch that takes nobody, or above its share', () => {
      expect(found(rolledBack([1, 2]), answered([3, 4], { epoch: 3 }))).toEqual(['I2']);
      expect(found(raised([1, 2], { mode: 'returning' }), answered([3, 4]))).toEqual(['I2']);
      expect(found(raised([1, 2], { share: 1 }), answered([3, 4]))).toEqual(['I2']);
    });
  });

  describe('I3 a split rises only by a command on the current epoch', () => {
    it('finds a late command that raised', () => {
      const late = done([5, 6], told({ epoch: 4 }), { expectedEpoch: 1 });
      expect(found(raised([1, 2]), rolledBack([3, 4]), late)).toEqual(['I3']);
    });

    it('finds a late or repeated command that was answered as done', () => {
      expect(found(raised([1, 2]), rolledBack([3, 4]), raised([5, 6]))).toEqual(['I3']);
      expect(found(raised([1, 2]), raised([3, 4]), rolledBack([5, 6]))).toEqual([]);
      expect(found(raised([1, 5]), rolledBack([3, 4]))).toEqual([]);
    });

    it('finds a command that did something else', () => {
      expect(found({ ...raised([1, 2]), share: 50_000 })).toEqual(['I3']);
    });

    it('finds a rise that nobody commanded, also by a command that was refused', () => {
      const risen = told({ epoch: 3, share: 70_000 });
      const refused = { ...done([3, 4], risen), outcome: { is: 'refused', code: 'stale-epoch' } } as const;
      expect(found(raised([1, 2], { share: 50_000 }), seen([5, 6], risen))).toEqual(['I3']);
      expect(found(raised([1, 2], { share: 50_000 }), refused, seen([5, 6], risen))).toEqual(['I3']);
      const unheard = { ...done([3, Infinity], risen), outcome: { is: 'unknown' } } as const;
      expect(found(raised([1, 2], { share: 50_000 }), unheard, seen([5, 6], risen))).toEqual([]);
    });

    it('finds one epoch that is told in two ways, and a split that goes back', () => {
      expect(found(raised([1, 2]), seen([3, 4], told({ share: 50_000 })))).toEqual(['I3']);
      expect(found(raised([1, 2]), rolledBack([3, 4]), seen([5, 6], told()))).toEqual(['I3']);
      expect(found(raised([1, 2]), rolledBack([3, 4]), seen([3, 6], told()))).toEqual([]);
    });

    it('finds a rise between a rollback and its answer', () => {
      const rise = done([4, 5], told({ epoch: 4 }));
      expect(found(raised([1, 2]), rolledBack([3, 6]), rise)).toEqual(['I3']);
      expect(found(raised([1, 2]), rolledBack([3, 6]), done([5, 7], told({ epoch: 4 })))).toEqual([]);
      expect(found(raised([1, 2]), rolledBack([3, 4]), rolledBack([5, 8]), done([6, 7], told({ epoch: 4 })))).toEqual(
        [],
      );
      const lower = done([4, 5], told({ epoch: 4, share: 0, leaseUntil: null }));
      expect(found(raised([1, 2]), rolledBack([3, 6], { share: 10 }), lower)).toEqual([]);
    });
  });

  describe('I4 a lease that is over takes nobody', () => {
    it('finds who was asked for after its end, by the clock or because the clock was moved', () => {
      expect(found(raised([1, 2]), answered([1_100, 1_101]))).toEqual(['I4']);
      expect(found(raised([1, 2]), ranOut([3, 4]), answered([5, 6]))).toEqual(['I4']);
    });

    it('does not find fault with who may have been placed in time, nor past the point of no return', () => {
      expect(found(raised([1, 2]), answered([3, 4]), answered([1_100, 1_101], again))).toEqual([]);
      expect(found(raised([1, 2]), ranOut([3, 6]), answered([5, 7]))).toEqual([]);
      const renewal = { kind: 'renewed', from: 3, to: 4, phase: 'payment', cohort: 'pilot', epoch: 2 } as const;
      const renewed = { ...renewal, leaseUntil: 2_000, split: undefined };
      expect(found(raised([1, 2]), renewed, answered([1_100, 1_101]))).toEqual([]);
      const committed = raised([1, 2], { mode: 'committed', leaseUntil: null });
      expect(found(committed, answered([1_100, 1_101], { why: 'committed' }))).toEqual([]);
    });

    it('finds a lease that is revived', () => {
      expect(found(raised([1, 2]), ranOut([3, 4]), seen([5, 6], told({ leaseUntil: 2_000 })))).toEqual(['I4']);
      expect(found(raised([1, 2]), ranOut([3, 4]), seen([5, 6], told({ leaseUntil: 3 })))).toEqual([]);
    });
  });

  describe('I14 nobody goes from legacy in a phase to target in a later one', () => {
    const before = { phase: 'intake', unit: 'ep_0', side: 'legacy', why: 'outsideShare' } as const;
    const later = { named: ['episode'] as const };

    it('finds who does', () => {
      expect(found(answered([1, 2], before), answered([3, 4], later))).toEqual(['I14']);
    });

    it('finds who does where an event told that they belong together', () => {
      expect(found(answered([1, 2], before), reported([3, 4]), answered([5, 6]))).toEqual(['I14']);
      expect(found(answered([1, 2], before), answered([5, 6]))).toEqual([]);
      expect(found(answered([1, 2], before), reported([3, 5]), answered([4, 6]))).toEqual([]);
    });

    it('does not find fault with answers that overlap, a side that is kept, or whose answer was lost', () => {
      expect(found(answered([1, 4], before), answered([3, 5], later))).toEqual([]);
      expect(
        found(answered([1, 2], later), answered([3, 4], before), answered([5, 6], { ...later, ...again })),
      ).toEqual([]);
      const lost = unanswered([1, 2]);
      expect(found(lost, answered([3, 4], before), answered([5, 6], { ...later, ...again }))).toEqual([]);
      expect(found(answered([1, 2], { ...before, side: 'target' }), answered([3, 4], later))).toEqual([]);
    });

    it('finds who goes on behind a phase that nobody controls', () => {
      const INTAKE = { phase: 'intake', cohort: 'all' } as const;
      const ramp = { ...raised([1, 2]), ...INTAKE };
      const there = answered([3, 4], { ...before, side: 'target', cohort: 'all' });
      const over = { ...ranOut([5, 6]), ...INTAKE };
      const still = { ...seen([9, 10], told({ leaseUntil: 5 })), ...INTAKE };
      expect(found(ramp, there, over, answered([7, 8], later), still)).toEqual(['I14']);
      expect(found(ramp, there, over, answered([7, 8], later))).toEqual([]);
    });

    it('holds a side that was answered out of reach for as good as one that is written down', () => {
      const owed = answered([1, 2], { ...before, ...alone });
      expect(found(owed, answered([3, 4], { ...later, process: B }))).toEqual(['I14']);
      expect(found(owed, declaredDead([2, 3]), answered([3, 4], { ...later, process: B }))).toEqual([]);
    });
  });

  describe('I1 in an outage', () => {
    it('finds who is answered another side than its process knew', () => {
      expect(found(answered([1, 2], legacy), answered([3, 4], { ...alone, side: 'target' }))).toEqual(['I1']);
      expect(found(answered([1, 2], alone), answered([3, 4], { ...alone, side: 'target' }))).toEqual(['I1']);
      expect(found(answered([1, 2]), answered([3, 4], alone))).toEqual([]);
      expect(found(answered([1, 2], { process: B }), answered([3, 4], alone))).toEqual([]);
      expect(
        found(answered([1, 2]), broughtBack([2, 3]), answered([3, 4], { ...alone, process: { id: 'A', start: 1 } })),
      ).toEqual([]);
    });

    it('finds who goes to target though nobody knows it and nobody is past the point of no return', () => {
      expect(found(answered([3, 4], { ...alone, side: 'target' }))).toEqual(['I1']);
      const committed = done([1, 2], told({ mode: 'committed', leaseUntil: null }), { cause: 'committed' });
      expect(found(committed, answered([3, 4], { ...alone, side: 'target' }))).toEqual([]);
    });

    it('finds who goes to target elsewhere after it was answered legacy out of reach', () => {
      const owed = answered([3, 4], alone);
      const elsewhere = answered([5, 6], { process: B });
      expect(found(owed, elsewhere, exceptionsSeen([8, 9], ['ep_0'], 'outage:x'))).toEqual(['I1']);
      expect(found(owed, declaredDead([4, 5]), elsewhere)).toEqual([]);
    });

    it('takes an exception for it where another process may have come first', () => {
      const history = [answered([1, 4], { process: B }), answered([2, 3], alone), answered([5, 6], again)];
      expect(found(...history, exceptionsSeen([8, 9], ['ep_0'], 'outage:x'))).toEqual([]);
      expect(found(...history, exceptionsSeen([8, 9], []))).toEqual(['I1']);
    });

    it('finds who was undetermined and is treated as unknown', () => {
      const history = [unanswered([1, 2]), answered([3, 4], alone), answered([5, 6], again)];
      expect(found(...history, exceptionsSeen([8, 9], ['ep_0'], 'outage:x'))).toEqual(['I1']);
    });
  });

  describe('numbers a day and caps', () => {
    const second = answered([5, 6], OTHER);

    it('finds who was taken past them', () => {
      expect(found(raised([1, 2], { perDay: 1 }), answered([3, 4]), second)).toEqual(['perDay']);
      expect(found(raised([1, 2], { maxOpen: 1 }), answered([3, 4]), second)).toEqual(['maxOpen']);
      expect(found(answered([3, 4], { ...legacy, why: 'dayFull' }), answered([3, 4], again))).toContain('perDay');
    });

    it('does not find fault with another day, or with room that somebody made', () => {
      expect(found(raised([1, 2], { perDay: 1 }), answered([3, 4]), { ...second, day: 1 })).toEqual([]);
      expect(found(raised([1, 2], { maxOpen: 1 }), answered([3, 4]), closed([4, 7]), second)).toEqual([]);
    });
  });

  it('judges a long history in a time that its length alone does not explode', () => {
    const history: Recorded[] = [raised([0, 1], { leaseUntil: 1e9 })];
    for (let at = 2; at < 40_000; at += 2) {
      const journey = at % 3;
      history.push(answered([at, at + 1], { journey, unit: `sub_${journey}`, ...(at > 8 && again) }));
    }
    expect(found(...history)).toEqual([]);
  });
});
