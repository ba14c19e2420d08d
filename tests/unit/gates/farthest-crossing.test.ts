import fc from 'fast-check';
import { farthestCrossing } from '../../../domain/gates/farthest-crossing';
import { SEVERITIES } from '../../../domain/plan/journey';
import type { RollbackRule } from '../../../domain/plan/plan-schema';

type Action = RollbackRule['action'];

const WIDE_TO_NARROW: readonly Action[] = [
  { kind: 'rollback', scope: 'migration' },
  { kind: 'rollback', scope: 'phase' },
  { kind: 'rollback', scope: 'cohort' },
  { kind: 'pause' },
  { kind: 'rollback', scope: 'step' },
];

function agreed(gate: string, action: Action): RollbackRule {
  return { id: `answers-${gate}`, phase: 'payment', gate, action, agreedBy: ['release-management'] };
}

const gates = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 }).chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc.record({
        id: fc.constant(id),
        severity: fc.constantFrom(...SEVERITIES),
        action: fc.constantFrom(...WIDE_TO_NARROW),
      }),
    ),
  ),
);

describe('R36: several limits crossed at one look', () => {
  it('are answered by the widest of what was agreed for them, whatever they are called and however they are listed', () => {
    fc.assert(
      fc.property(gates, fc.array(fc.nat(), { minLength: 8, maxLength: 8 }), (all, numbers) => {
        const rules = all.map(({ id, action }) => agreed(id, action));
        const crossed = all.map(({ id, severity }) => ({ gate: { id, severity } }));
        const found = farthestCrossing(crossed, rules);
        const reach = all.map(({ action }) => WIDE_TO_NARROW.indexOf(action));
        const chosen = all.find(({ id }) => id === found?.gate.id);
        expect(WIDE_TO_NARROW.indexOf(chosen?.action ?? { kind: 'pause' })).toBe(Math.min(...reach));
        const keyed = crossed.map((one, index) => ({ one, at: numbers[index] ?? 0 }));
        const shuffled = keyed.sort((a, b) => a.at - b.at).map(({ one }) => one);
        expect(farthestCrossing(shuffled, [...rules].reverse())).toBe(found);
      }),
    );
  });

  it('are answered by the one that costs patients most where the actions go equally far', () => {
    const crossed = (['experience', 'money', 'safety', 'access'] as const).map((severity) => ({
      gate: { id: severity, severity },
    }));
    const rules = crossed.map(({ gate }) => agreed(gate.id, { kind: 'rollback', scope: 'cohort' }));
    expect(farthestCrossing(crossed, rules)?.gate.id).toBe('safety');
  });

  it('are none where none is crossed', () => {
    const none: Parameters<typeof farthestCrossing>[0] = [];
    expect(farthestCrossing(none, [])).toBeUndefined();
  });
});
