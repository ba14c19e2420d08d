import { gateWords } from '../../../domain/plan/words/gate-words';

describe('what people read of a gate', () => {
  it('says what crosses it, and who counts where that is not the migration itself', () => {
    const floor = { kind: 'floor', atLeast: 0.95, minimumOutcomes: 20 } as const;
    expect(gateWords(floor)).toBe('kept on target under 95%; decides on 20 outcomes or more');
    expect(gateWords(floor, { kind: 'sql', connection: 'warehouse', query: 'SELECT 1' })).toBe(
      'kept on target under 95%; decides on 20 outcomes or more, as a query (warehouse) counts them',
    );
  });
});
