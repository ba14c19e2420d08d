import { typesHeard, type HandoffRule } from './handoff-rule';

/** The handoffs within a journey, by the types of events that they hear. */
export type Listeners = ReadonlyMap<string, readonly HandoffRule[]>;

export function listenersOf(rules: readonly HandoffRule[]): Listeners {
  const byType = new Map<string, HandoffRule[]>();
  for (const rule of rules) {
    if (rule.correlate !== undefined) continue;
    for (const type of new Set(typesHeard(rule))) byType.set(type, [...(byType.get(type) ?? []), rule]);
  }
  return byType;
}

/** The events of a journey that each handoff hears, of those that hear any. */
export function eventsHeard<Event extends { type: string }>(
  listeners: Listeners,
  events: readonly Event[],
): Map<HandoffRule, Event[]> {
  const heard = new Map<HandoffRule, Event[]>();
  for (const event of events) {
    for (const rule of listeners.get(event.type) ?? []) {
      const some = heard.get(rule);
      if (some === undefined) heard.set(rule, [event]);
      else some.push(event);
    }
  }
  return heard;
}
