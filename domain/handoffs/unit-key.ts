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
  let before: EventWithUnits | undefined;
  let after: EventWithUnits | undefined;
  // One pass and nothing kept: it runs for most events of every journey that is matched.
  for (const event of journey) {
    if (event.units[kind] === undefined) continue;
    if (event.time > start.time) {
      if (after === undefined || isEarlier(event, after)) after = event;
    } else if (before === undefined || !isEarlier(event, before)) before = event;
  }
  return (before ?? after)?.units[kind];
}

function isEarlier(one: EventWithUnits, other: EventWithUnits): boolean {
  return one.time < other.time || (one.time === other.time && one.identity < other.identity);
}
