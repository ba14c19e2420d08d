import { JOURNEY_EVENTS, type JourneyEventType } from '../journey/journey-events';
import { deriveUuid } from '../patients/derive-key';
import type { StackEvent } from './stack-event';

/** The same work done a second time, right after the first: an event of its own. */
export function onceMore(event: StackEvent): StackEvent {
  return { ...event, id: deriveUuid(event.id, 'once more'), sequence: event.sequence + 1 };
}

/** With another code in each of these fields: the next of those it may have. The same event where it has no code there. */
export function misstated(event: StackEvent, fields: readonly string[]): StackEvent {
  const others = fields.flatMap((field) => {
    const other = otherCode(event, field);
    return other === undefined ? [] : [[field, other] as const];
  });
  return others.length === 0 ? event : { ...event, data: { ...event.data, ...Object.fromEntries(others) } };
}

function otherCode({ type, data }: StackEvent, field: string): string | undefined {
  const codes = Object.hasOwn(JOURNEY_EVENTS, type) ? JOURNEY_EVENTS[type as JourneyEventType].data[field] : undefined;
  const at = codes?.indexOf(String(data[field])) ?? -1;
  return codes === undefined || at < 0 || codes.length < 2 ? undefined : codes[(at + 1) % codes.length];
}
