import fc from 'fast-check';
import { increaseOf } from '../../../domain/metrics/counter-increase';

describe('how far counters grew in a window', () => {
  it.each([
    ['from what it showed before', [{ before: 10, since: [10, 12, 15] }], 5],
    ['through a process that began anew', [{ before: 10, since: [12, 3, 4] }], 6],
    [
      'of processes together, one of which ended',
      [
        { before: 1, since: [4] },
        { before: 7, since: [] },
      ],
      3,
    ],
    ['of a process that came later, with what it shows first', [{ before: 1, since: [1] }, { since: [2, 3] }], 3],
    ['not at all', [{ before: 90, since: [90, 90] }], 0],
  ])('%s', (_, counters, increase) => {
    expect(increaseOf('target.missed', counters)).toBe(increase);
  });

  it.each([
    ['nothing from before', [{ since: [1, 2] }], 'noData'],
    ['no counter', [], 'noData'],
    ['a history under new labels', [{ before: 400, since: [] }, { since: [400] }], 'sourceError'],
    ['NaN', [{ before: 1, since: [Number.NaN] }], 'sourceError'],
    ['NaN before', [{ before: Number.NaN, since: [1] }], 'sourceError'],
    ['an infinite number', [{ before: 1, since: [Infinity] }], 'sourceError'],
    ['a negative number', [{ before: 1, since: [-1] }], 'sourceError'],
  ])('is not said of %s', (_, counters, kind) => {
    expect(increaseOf('target.missed', counters)).toMatchObject({ kind });
  });

  it('is what was counted, whatever restarts there were, as long as each value was seen', () => {
    const steps = fc.array(fc.record({ add: fc.nat(50), restart: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(fc.nat(1_000), steps, (before, run) => {
        let value = before;
        let counted = 0;
        const since: number[] = [];
        for (const { add, restart } of run) {
          // One that shows at least as much after a restart cannot be told from one that went on.
          if (restart && add < value) value = 0;
          value += add;
          counted += add;
          since.push(value);
        }
        expect(increaseOf('target.kept', [{ before, since }])).toBe(counted);
      }),
    );
  });
});
