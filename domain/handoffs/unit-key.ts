import type { UnitKeys, UnitKind } from '../sides/units';

interface EventWithUnits {
  units: UnitKeys;
  time: number;
  identity: string;
}

/**
 * The key of the unit that a handoff counts for: the start's own; where its producer does not know it, that of the nearest event
 * of the journey before the start, then of the nearest after it. Whatever order the events came in, the answer is the same.
 */
export function unitKeyOf(
  kind: UnitKind,
  start: EventWithUnits,
  journey: readonly EventWithUnits[],
): string | undefined {
  const own = start.units[kind];
  if (own !== undefined) return own;
  const knowing = journey
    .filter((event) => event.units[kind] !== undefined)
    .sort((a, b) => a.time - b.time || (a.identity < b.identity ? -1 : 1));
  const nearest = knowing.findLast((event) => event.time <= start.time) ?? knowing[0];
  return nearest?.units[kind];
}
