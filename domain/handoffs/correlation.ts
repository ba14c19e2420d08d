import type { Fields } from './failed-condition';
import type { UnitKeys, UnitKind } from '../sides/units';
import { unreachable } from '../unreachable';
import { hears, typesHeard, type Correlation, type HandoffRule } from './handoff-rule';

/** Whose events are matched together: all that name this unit. */
export interface Correlated {
  kind: UnitKind;
  key: string;
}

interface NamingEvent {
  journey: string;
  subject: string;
  units: UnitKeys;
}

/**
 * The unit whose events an event is matched with. It depends on the event alone, never on what else has come: so an event stays where it counts, in
 * whatever order they come. One that does not name the instance counts with the others of its journey that do not: none is dropped.
 */
export function correlatedUnit(correlation: Correlation, { journey, subject, units }: NamingEvent): Correlated {
  switch (correlation.kind) {
    case 'patient':
      return { kind: 'patient', key: subject };
    case 'instance': {
      const key = units[correlation.of];
      return key === undefined ? { kind: 'episode', key: journey } : { kind: correlation.of, key };
    }
    case 'field':
      return { kind: 'episode', key: journey };
    default:
      return unreachable(correlation);
  }
}

/** What tells a start from the others of its journey: two orders are two troubles, and so two cases. undefined: nothing does. */
export function apartBy(
  correlation: Correlation,
  { units, data }: Pick<NamingEvent, 'units'> & { data: Fields },
): string | undefined {
  switch (correlation.kind) {
    case 'patient':
      return undefined;
    case 'instance':
      return units[correlation.of];
    case 'field': {
      const value = data[correlation.field];
      return value === undefined ? undefined : String(value);
    }
    default:
      return unreachable(correlation);
  }
}

/** The units that an event is matched with besides its journey: each once. */
export function correlatedUnits(rules: readonly HandoffRule[], event: NamingEvent & { type: string }): Correlated[] {
  const units = new Map<string, Correlated>();
  for (const rule of rules) {
    if (rule.correlate === undefined || !hears(rule, event.type)) continue;
    const unit = correlatedUnit(rule.correlate, event);
    units.set(`${unit.kind} ${unit.key}`, unit);
  }
  return [...units.values()];
}

/** What of the events that name a unit of a kind is ever matched with others of it. */
export interface HeardOfKind {
  /** Each once; none: nothing is. */
  types: readonly string[];
  /** Whatever happened before does not count, in milliseconds since 1970; undefined: all does. */
  since: number | undefined;
}

/**
 * What a matcher needs of a unit's events. There is no other limit to how far back: the end of what was missed years ago recovers it, and an end that came
 * once more is told by the first.
 */
export function heardOfKind(rules: readonly HandoffRule[], kind: UnitKind): HeardOfKind {
  const heard = rules.filter(({ correlate }) => correlate !== undefined && kindsOf(correlate).includes(kind));
  const declared = heard.flatMap(({ since }) => since ?? []);
  return {
    types: [...new Set(heard.flatMap(typesHeard))],
    since: heard.length > 0 && declared.length === heard.length ? Math.min(...declared) : undefined,
  };
}

/** The kinds that `correlatedUnit` may give. */
function kindsOf(correlation: Correlation): UnitKind[] {
  switch (correlation.kind) {
    case 'patient':
      return ['patient'];
    case 'instance':
      return [correlation.of, 'episode'];
    case 'field':
      return ['episode'];
    default:
      return unreachable(correlation);
  }
}

/** Which of the parts of its unit an event counts in. */
export function partOf(correlation: Correlation, { data }: { data: Fields }): string {
  const value = correlation.kind === 'field' ? data[correlation.field] : undefined;
  return value === undefined ? '' : JSON.stringify(value);
}

/**
 * The events of one unit that count for a handoff, by the parts that are matched on their own: one for each value of its field, those without one
 * together; else all in one.
 */
export function partsOf<Event extends NamingEvent & { type: string; data: Fields }>(
  rule: HandoffRule & { correlate: Correlation },
  kind: UnitKind,
  events: readonly Event[],
): Event[][] {
  const { correlate } = rule;
  const parts = new Map<string, Event[]>();
  for (const event of events) {
    if (!hears(rule, event.type) || correlatedUnit(correlate, event).kind !== kind) continue;
    const part = partOf(correlate, event);
    const others = parts.get(part);
    if (others === undefined) parts.set(part, [event]);
    else others.push(event);
  }
  return [...parts.values()];
}
