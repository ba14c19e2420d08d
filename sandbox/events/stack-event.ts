/** Coded values only: an event has no place for text. */
export type EventData = Readonly<Record<string, string | number | boolean>>;

/** Something that happened to a patient in a stack. */
export interface StackEvent {
  migration: string;
  /** Which system of the stack says so. */
  source: string;
  /** The same for each sending of one event, another for every other event of its source. */
  id: string;
  type: string;
  /** When it happened, not when it was sent. */
  time: Date;
  /** Key of the episode. */
  journey: string;
  /** Key of the patient. */
  subject: string;
  /** Key of the subscription, where the event knows it. */
  subscription?: string;
  /** Orders the events of a journey that happened within the same millisecond. */
  sequence: number;
  data: EventData;
}

/** The event as CloudEvents 1.0 writes it in JSON, with the extensions that a migration is followed by. */
export function toCloudEvent(event: StackEvent): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: event.id,
    source: event.source,
    type: event.type,
    time: event.time.toISOString(),
    datacontenttype: 'application/json',
    subject: event.subject,
    journey: event.journey,
    sequence: String(event.sequence),
    migration: event.migration,
    ...(event.subscription !== undefined && { subscription: event.subscription }),
    data: event.data,
  };
}
