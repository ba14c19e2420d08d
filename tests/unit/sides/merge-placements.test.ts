import { mergePlacements, type MergingPlacement } from '../../../domain/sides/merge-placements';

let placed = 0;
function placement(unit: string, side: 'legacy' | 'target', change: Partial<MergingPlacement> = {}): MergingPlacement {
  return { unit, side, placedAt: (placed += 1), closed: false, pausedAt: null, ...change };
}
const units = (placements: readonly MergingPlacement[]): string[] => placements.map(({ unit }) => unit);

describe('placements of one person', () => {
  it('become the first of them, where they are on one side', () => {
    const [first, second] = [placement('alias', 'target'), placement('unit', 'target')];
    expect(mergePlacements('unit', [second, first])).toEqual({
      ...{ kept: first, merged: [second], contradicting: [], pausedAt: null },
    });
  });

  it('become the open one, whichever side a closed one had', () => {
    const [closed, open] = [placement('unit', 'legacy', { closed: true }), placement('alias', 'target')];
    expect(mergePlacements('unit', [closed, open])).toMatchObject({ kept: open, merged: [closed], contradicting: [] });
  });

  it('become that of the key that stays, where all are closed', () => {
    const [first, own] = [placement('a', 'target', { closed: true }), placement('unit', 'legacy', { closed: true })];
    expect(mergePlacements('unit', [first, own])).toMatchObject({ kept: own, merged: [first], contradicting: [] });
  });

  it('I1 stay as they are, where open ones are on two sides', () => {
    const [a, own, b, c] = [
      ...[placement('a', 'target'), placement('unit', 'legacy'), placement('b', 'legacy'), placement('c', 'target')],
    ] as [MergingPlacement, MergingPlacement, MergingPlacement, MergingPlacement];
    const merged = mergePlacements('unit', [a, own, b, c]);
    expect([merged.kept.unit, units(merged.merged), units(merged.contradicting)]).toEqual(['unit', ['b'], ['a', 'c']]);
    expect(mergePlacements('unit', [a, b])).toMatchObject({ kept: a, contradicting: [b] });
  });

  it('wait for a person, where one of them does', () => {
    const [going, waiting] = [placement('alias', 'target'), placement('unit', 'target', { pausedAt: 7 })];
    expect(mergePlacements('unit', [going, waiting]).pausedAt).toBe(7);
    const over = placement('over', 'target', { closed: true, pausedAt: 3 });
    expect(mergePlacements('unit', [going, over]).pausedAt).toBeNull();
  });
});
