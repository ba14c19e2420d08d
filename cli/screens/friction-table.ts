import type { PhaseFriction } from '../../domain/handoffs/friction';
import { table } from './table';

/** R10: where the journey hurts, a row a phase; for a live migration by the side that a patient was on. */
export function frictionTable(rows: readonly (PhaseFriction & { side?: string })[]): string {
  const sided = rows.some(({ side }) => side !== undefined);
  const body = rows.map(({ phase, side, volume, breakRate, friction, openRisk }) => [
    phase,
    ...(sided ? [side ?? ''] : []),
    String(volume),
    breakRate === null ? '–' : `${(breakRate * 100).toFixed(1)}%`,
    friction === null ? '–' : friction.toFixed(0),
    String(openRisk),
  ]);
  return table(['PHASE', ...(sided ? ['SIDE'] : []), '#VOLUME', '#BROKE', '#FRICTION', '#OPEN RISK'], body);
}
