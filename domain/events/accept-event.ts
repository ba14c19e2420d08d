import type { UnitKeys } from '../sides/units';
import type { Milliseconds } from '../time/duration';
import { contentHash } from './content-hash';
import type { EventContract, EventData } from './event-contract';
import { isRefused, refuse, type EventRefusalCode, type Refused } from './event-refusal';
import type { CloudEvent } from './read-cloud-events';
import { parseTimestamp } from './rfc3339';

/** An event that its migration's plan lets in. Nothing else of what was received goes further. */
export interface IncomingEvent {
  source: string;
  id: string;
  type: string;
  /** The episode's key. */
  journey: string;
  /** The patient's key. */
  subject: string;
  units: UnitKeys;
  /** When it happened, in milliseconds since 1970; null: the producer did not say, so when it was received. */
  time: number | null;
  /** Breaks ties of time; 0 where the producer sent none. */
  sequence: number;
  data: EventData;
  /** Tells a repeated event from another one under the same id. */
  contentHash: string;
}

/** How far a producer's clock may be ahead of ours. Wall-clock time, never compressed. */
export const CLOCK_AHEAD: Milliseconds = 5 * 60_000;

/** Ids of producers are UUIDs, ULIDs, numbers, paths of them. No space and no `@`: no sentence and no address is one. */
const EVENT_ID = /^[A-Za-z0-9][A-Za-z0-9._:/|=+~#-]{0,127}$/;
const SEQUENCE = /^\d{1,15}$/;

/** What happened, and when, apart from whose it is. */
export type EventContent = Pick<IncomingEvent, 'time' | 'sequence' | 'data'>;

/** Judges one event by its plan's contract. @param now milliseconds since 1970, to refuse what has not happened yet */
export function acceptEvent(event: CloudEvent, contract: EventContract, now: number): IncomingEvent | Refused {
  const { attributes } = event;
  if (attributes.get('specversion') !== '1.0') {
    return refuse('unsupported-specversion', "Send CloudEvents with the attribute 'specversion' set to '1.0'.");
  }
  const named = readNames(attributes);
  if (isRefused(named)) return named;
  const { id, source, type } = named;
  const origin = readOrigin(named, contract);
  if (isRefused(origin)) return origin;
  const known = readType(type, contract);
  if (isRefused(known)) return known;
  const units = contract.readKeys(attributes);
  if (isRefused(units)) return units;
  if (units.patient === undefined) {
    return refuse('event-without-subject', "Send the patient's key in the attribute 'subject'.");
  }
  if (units.episode === undefined) {
    return refuse('event-without-journey', "Send the episode's key in the extension attribute 'journey'.");
  }
  const happened = readContent(type, attributes, event.data, contract, now);
  if (isRefused(happened)) return happened;
  const { time, sequence, data } = happened;
  const content = { type, journey: units.episode, subject: units.patient, units, time, sequence, data };
  return { source, id, ...content, contentHash: contentHash(content) };
}

/** Where an event comes from: an id of the grammar, a source of the plan. */
export function readOrigin(
  { id, source }: { id: string; source: string },
  contract: EventContract,
): Pick<IncomingEvent, 'id' | 'source'> | Refused {
  if (!EVENT_ID.test(id)) {
    return refuse(
      'bad-event-id',
      "The attribute 'id' is an opaque id of at most 128 letters, digits and the signs . _ : / | = + ~ # -, and starts with a letter or digit. Send a UUID, for example.",
    );
  }
  if (!contract.hasSource(source)) {
    return refuse(
      'unknown-event-source',
      'No system of the plan sends with this source. Send a declared one, or declare the system.',
    );
  }
  return { id, source };
}

function readType(type: string, contract: EventContract): { type: string } | Refused {
  if (contract.hasType(type)) return { type };
  return refuse(
    'unknown-event-type',
    'The plan declares no event of this type. Send a declared one, or declare the event.',
  );
}

/** What happened, and when. @param type null: nothing did */
export function readContent(
  type: string | null,
  attributes: ReadonlyMap<string, unknown>,
  sentData: unknown,
  contract: EventContract,
  now: number,
): EventContent | Refused {
  const known = type === null ? { type } : readType(type, contract);
  if (isRefused(known)) return known;
  const time = readTime(attributes.get('time') ?? undefined, now);
  if (typeof time === 'object' && time !== null) return time;
  const sequence = readSequence(attributes.get('sequence') ?? undefined);
  if (typeof sequence === 'object') return sequence;
  const data = type === null ? {} : contract.readData(type, sentData);
  return isRefused(data) ? data : { time, sequence, data };
}

function readNames(attributes: ReadonlyMap<string, unknown>): { id: string; source: string; type: string } | Refused {
  const names = { id: '', source: '', type: '' };
  for (const name of ['source', 'id', 'type'] as const) {
    const value = attributes.get(name);
    if (typeof value !== 'string' || value === '') {
      const code: EventRefusalCode = `event-without-${name}`;
      return refuse(code, `Send the attribute '${name}' as text; CloudEvents requires it.`);
    }
    names[name] = value;
  }
  return names;
}

function readTime(sent: unknown, now: number): number | null | Refused {
  if (sent === undefined) return null;
  const time = typeof sent === 'string' ? parseTimestamp(sent) : undefined;
  if (time === undefined || time < 0) {
    return refuse(
      'bad-event-time',
      "The attribute 'time' is an RFC 3339 timestamp since 1970 with its offset, such as 2026-01-31T09:30:00.000Z.",
    );
  }
  if (time > now + CLOCK_AHEAD) {
    return refuse(
      'event-from-the-future',
      `The attribute 'time' is more than ${CLOCK_AHEAD / 60_000} minutes ahead of this clock. Set the producer's clock, then send the event again.`,
    );
  }
  return time;
}

function readSequence(sent: unknown): number | Refused {
  if (sent === undefined) return 0;
  const text = typeof sent === 'number' ? String(sent) : sent;
  if (typeof text !== 'string' || !SEQUENCE.test(text)) {
    return refuse(
      'bad-event-sequence',
      "The extension attribute 'sequence' is a whole number from 0, of at most 15 digits.",
    );
  }
  return Number(text);
}
