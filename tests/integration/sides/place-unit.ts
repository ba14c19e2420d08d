import type { Database } from '../../../store/database';
import { placeUnits, type PlacedUnit, type UnitQuestion } from '../../../store/place-units';

export interface PlacementQuestion extends UnitQuestion {
  migration: string;
  phase: string;
}

/**
 * The side of one unit; at its first question it is decided and written down. What it answers is committed.
 * @throws SideUndetermined; or the database's own error, and then the unit may or may not have been placed: ask again
 */
export async function placeUnit(
  db: Database,
  { migration, phase, ...question }: PlacementQuestion,
): Promise<PlacedUnit> {
  const [placed] = await placeUnits(db, { migration, phase, laterPhases: true }, [question]);
  if (placed === undefined) throw new Error('A unit was asked for, and nothing was answered.');
  if (placed instanceof Error) throw placed;
  return placed;
}
