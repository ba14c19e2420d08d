import { randomBytes, randomUUID } from 'node:crypto';
import { prefixOf } from '../../../domain/sides/key-grammar';
import { namesSynthetic, syntheticKey, syntheticSide } from '../../../domain/sides/synthetic-key';

describe('the key of a synthetic patient', () => {
  it.each(['legacy', 'target'] as const)(
    'is a key like any, fresh each time, and says that it goes through %s',
    (side) => {
      const keys = Array.from({ length: 500 }, () => syntheticKey('epi', side, randomBytes(16)));
      expect(new Set(keys).size).toBe(500);
      for (const key of keys) {
        expect(prefixOf(key)).toBe('epi');
        expect(key).toMatch(/^epi_[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(syntheticSide(key)).toBe(side);
      }
    },
  );

  it('is told from the key of everybody else', () => {
    for (let one = 0; one < 500; one += 1) expect(syntheticSide(`epi_${randomUUID()}`)).toBeUndefined();
    expect(syntheticSide('epi_7e577e57-7e57-4200-8000-000000000000')).toBeUndefined();
    expect(syntheticSide('epi_7e577e57-7e57-8300-8000-000000000000')).toBeUndefined();
    expect(namesSynthetic(['epi_00000000-0000-4000-8000-000000000001'])).toBe(false);
    expect(namesSynthetic(['pat_0000000000000001', syntheticKey('epi', 'target', randomBytes(16))])).toBe(true);
  });
});
