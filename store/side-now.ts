import type { Side } from '../domain/sides/side';
import type { Queryable } from './database';
import { attribute, type AttributionQuery } from './attribute';

/** By which units' placements it is known which side must end a handoff. As JSON, without what is unknown. */
export type CountedUnits = Pick<
  AttributionQuery,
  'phase' | 'unit' | 'visitor' | 'startedAt' | 'endPhase' | 'endUnit' | 'endVisitor'
>;

/** Later than whatever has happened, by whichever clock. */
const NOW = Date.UTC(9999, 0);

/** Which side must end each of these handoffs as their units are placed now, wherever they were when it should have ended. In the order of the handoffs. */
export async function sidesNow(
  connection: Queryable,
  handoffs: readonly ({ migration: string } & CountedUnits)[],
): Promise<Side[]> {
  if (handoffs.length === 0) return [];
  const attributions = await attribute(
    connection,
    handoffs.map((handoff) => ({ ...handoff, endAt: NOW, ended: true })),
  );
  return attributions.map(({ toSide }) => toSide);
}
