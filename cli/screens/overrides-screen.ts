import type { RemovedOverride, SideOverride } from '../../domain/status/side-override';
import { table } from './table';

export function overridesScreen({ overrides }: { overrides: readonly SideOverride[] }): string {
  if (overrides.length === 0) return 'No test unit was given a side.';
  const rows = overrides.map(({ phase, unit, side, setBy, setAt, reason }) => [
    phase,
    unit,
    side,
    setBy,
    setAt,
    reason,
  ]);
  return table(['PHASE', 'UNIT', 'SIDE', 'BY', 'SINCE', 'WHY'], rows);
}

export function overrideScreen({ phase, unit, side }: SideOverride): string {
  return `${unit} is on ${side} in ${phase}, and every API process answers so. Nothing that happens to it counts for a gate, a cap or a rollback.`;
}

export function removedOverrideScreen({ phase, unit, side }: RemovedOverride): string {
  return `The override of ${unit} in ${phase} is removed. It keeps its side, ${side}; for a test that the splits decide, take another key.`;
}
