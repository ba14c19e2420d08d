import fc from 'fast-check';
import { UnitTable } from '../../../api/sides/unit-table';

/** A few keys, so that they meet again and again: of several kinds, some the beginning or the end of another. */
const UNITS = [
  ...[
    'sub_aaaaaaaaaaaaaaaa',
    'sub_aaaaaaaaaaaaaaab',
    'sub_aaaaaaaaaaaaaaaaa',
    'pat_aaaaaaaaaaaaaaaa',
    'ep_aaaaaaaaaaaaaaaa',
  ],
  ...Array.from(
    { length: 12 },
    (_, n) => `ep_7d444840-9dc0-41d1-b245-5ffdce74fa${(n + 10).toString(16).padStart(2, '0')}`,
  ),
];

const operation = fc.record({
  kind: fc.constantFrom('set', 'set', 'get', 'delete', 'clear'),
  phase: fc.integer({ min: 1, max: 3 }),
  unit: fc.constantFrom(...UNITS),
  value: fc.nat(1_000),
});

describe('the sides that a process remembers', () => {
  it('are each unit’s own, and what was last said of it, whatever was forgotten in between (I1)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        fc.array(operation, { maxLength: 300 }),
        (capacity, seed, operations) => {
          const table = new UnitTable(capacity, seed);
          const said = new Map<string, number>();
          for (const { kind, phase, unit, value } of operations) {
            const name = `${phase}/${unit}`;
            if (kind === 'set') {
              table.set(phase, unit, value);
              said.set(name, value);
              expect(table.get(phase, unit)).toBe(value);
            } else if (kind === 'delete') {
              table.delete(phase, unit);
              said.delete(name);
              expect(table.get(phase, unit)).toBeUndefined();
            } else if (kind === 'clear') {
              table.clear();
              said.clear();
            } else {
              const told = table.get(phase, unit);
              // As many as there is room for are all remembered; of more, some are not.
              if (told !== undefined || said.size === 0) expect(told).toBe(said.get(name));
            }
            expect(table.size).toBeLessThanOrEqual(Math.min(capacity, 3 * UNITS.length));
          }
          if (capacity < 3 * UNITS.length) return;
          for (const [name, value] of said) {
            const [phase = '', unit = ''] = name.split('/');
            expect(table.get(Number(phase), unit)).toBe(value);
          }
          expect(table.size).toBe(said.size);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('make room by those that nobody asked for lately', () => {
    const table = new UnitTable(100, 1);
    const unit = (n: number): string => `sub_${n.toString().padStart(16, '0')}`;
    const asked = Array.from({ length: 20 }, (_, n) => unit(n));
    const lost: string[] = [];
    for (let n = 0; n < 20_000; n += 1) {
      table.set(1, unit(n), n);
      if (n >= 20 && n % 10 === 0) lost.push(...asked.filter((one) => table.get(1, one) === undefined));
    }
    expect(lost).toEqual([]);
    expect(table.size).toBe(100);
  });

  it('are found again however many there are, while some are forgotten', () => {
    const table = new UnitTable(40_000, 1);
    const unit = (n: number): string => `sub_${n.toString().padStart(16, '0')}`;
    for (let n = 0; n < 40_000; n += 1) {
      table.set(1 + (n % 2), unit(n), n);
      if (n % 4 === 3) table.delete(2, unit(n));
    }
    expect(table.size).toBe(30_000);
    const found = Array.from({ length: 40_000 }, (_, n) => table.get(1 + (n % 2), unit(n)));
    expect(found).toEqual(Array.from({ length: 40_000 }, (_, n) => (n % 4 === 3 ? undefined : n)));
    expect(table.get(2, unit(0))).toBeUndefined();
  });

  it('are those of keys within the grammar, and a key like another but for one character is another', () => {
    const table = new UnitTable(10, 1);
    table.set(1, 'sub_ääääääääääääääää', 1);
    table.set(1, `sub_${'a'.repeat(80)}`, 1);
    expect(table.size).toBe(0);
    table.set(1, `sub_${'a'.repeat(16)}`, 7);
    expect(table.get(1, `sub_${'š'.repeat(16)}`)).toBeUndefined();
    expect(table.get(1, `sub_${String.fromCharCode(97 + 256).repeat(16)}`)).toBeUndefined();
    expect(table.get(2, `sub_${'a'.repeat(16)}`)).toBeUndefined();
    expect(table.get(1, `sub_${'a'.repeat(16)}`)).toBe(7);
  });
});
