import type { JourneyKind } from '../../domain/plan/journey';
import type { Side } from '../../domain/sides/side';
import type { PatientAttributes } from '../journey/attributes';
import type { Lane } from '../stacks/fault';

/** Coded values only: an event has no place for text. */
export type EventData = Readonly<Record<string, string | number | boolean>>;

/** How an event of a whole journey came about. It stays in the sandbox. */
export interface EventOrigin {
  /** The part of the journey it belongs to. */
  part: JourneyKind;
  /** The phase that moves that part; absent where none does. */
  phase?: string;
  /** The side that began the work, or handed it over. */
  from: Side;
  lane: Lane;
  attributes: PatientAttributes;
}

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
  /** Key of the visitor, where the event knows it. */
  visitor?: string;
  /** Key of the subscription, where the event knows it. */
  subscription?: string;
  /** Orders the events of a journey that happened within the same millisecond. */
  sequence: number;
  data: EventData;
  origin?: EventOrigin;
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
    ...(event.visitor !== undefined && { visitor: event.visitor }),
    ...(event.subscription !== undefined && { subscription: event.subscription }),
    data: event.data,
  };
}
