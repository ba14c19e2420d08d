import fc from 'fast-check';
import { isNoAnswer, outcomesOf, whyClocksDiffer, whyNotFresh } from '../../../domain/metrics/check-figures';

const NOW = new Date('2026-11-01T12:00:00Z');
const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);

describe('figures of one side', () => {
  it('are kept and missed, or kept and how many there were', () => {
    expect(outcomesOf('target', { kept: 4, missed: 1 })).toEqual({ kept: 4, missed: 1 });
    expect(outcomesOf('target', { kept: 4, total: 5 })).toEqual({ kept: 4, missed: 1 });
    expect(outcomesOf('target', { kept: 0.1 + 0.2 + 0.7, missed: 0 })).toEqual({ kept: 1, missed: 0 });
  });

  it('are counts, or no answer: there is nothing in between', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.double(),
      fc.integer(),
      fc.constantFrom(null, undefined, '12', -0, 2 ** 60),
    );
    fc.assert(
      fc.property(anything, anything, (one, other) => {
        for (const raw of [
          { kept: one, missed: other },
          { kept: one, total: other },
        ]) {
          const found = outcomesOf('target', raw);
          if (isNoAnswer(found)) expect(['noData', 'sourceError']).toContain(found.kind);
          else
            for (const count of [found.kept, found.missed])
              expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
        }
      }),
    );
  });
});

describe('the age of figures', () => {
  it.each([
    [-119, undefined],
    [-121, 'noData'],
    [59, undefined],
    [61, 'sourceError'],
    [Number.NaN, 'sourceError'],
  ])('of %d s from now', (seconds, kind) => {
    expect(whyNotFresh(at(seconds), NOW, 120_000)?.kind).toBe(kind);
  });

  it('is not asked for where nothing was agreed, but no future is believed', () => {
    expect(whyNotFresh(at(-1e6), NOW, undefined)).toBeUndefined();
    expect(whyNotFresh(at(1e6), NOW, undefined)?.kind).toBe('sourceError');
  });

  it('cannot be told where clocks differ by more than a minute', () => {
    expect(whyClocksDiffer(at(59), NOW)).toBeUndefined();
    expect(whyClocksDiffer(at(-61), NOW)?.message).toContain('61 s');
  });
});
