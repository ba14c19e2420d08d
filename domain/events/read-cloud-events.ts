import { readBinaryHeaders, type DistinctHeaders } from './binary-headers';
import { EventRefused, isRefused, refuse, type Refused } from './event-refusal';
import { isJson, parseMediaType } from './media-type';

/** An event as it was read from its message: nothing about it has been checked. */
export interface CloudEvent {
  attributes: ReadonlyMap<string, unknown>;
  /** undefined: it came without. */
  data: unknown;
}

/** What a message holds. In a batch each item stands for itself: a bad one takes no other with it. */
export type ReadMessage =
  { mode: 'single'; event: CloudEvent | Refused } | { mode: 'batch'; events: readonly (CloudEvent | Refused)[] };

const BATCH = 'application/cloudevents-batch';
const STRUCTURED = 'application/cloudevents';
/** Each event has an answer of its own, which may be longer than what came. */
const BATCH_LIMIT = 5_000;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a message of the CloudEvents HTTP binding 1.0 in any of its three modes, in JSON.
 * @throws EventRefused where the message as a whole cannot be read (its media type, its JSON)
 */
export function readCloudEvents(headers: DistinctHeaders, body: Uint8Array): ReadMessage {
  const mediaType = parseMediaType(headers['content-type']?.[0]);
  // The batch's name begins with the structured one's, so it is looked for first.
  if (mediaType?.essence.startsWith(BATCH)) {
    if (mediaType.essence !== `${BATCH}+json` || !isJson(mediaType)) throw unsupported();
    return readBatch(parseJson(body));
  }
  if (mediaType?.essence.startsWith(STRUCTURED)) {
    if (mediaType.essence !== `${STRUCTURED}+json` || !isJson(mediaType)) throw unsupported();
    return { mode: 'single', event: readStructured(parseJson(body)) };
  }
  if (headers['ce-specversion'] === undefined) throw unsupported();
  if (body.length > 0 && (mediaType === undefined || !isJson(mediaType))) throw unsupported();
  const attributes = readBinaryHeaders(headers);
  if (isRefused(attributes)) return { mode: 'single', event: attributes };
  return { mode: 'single', event: { attributes, data: body.length === 0 ? undefined : parseJson(body) } };
}

function readBatch(document: unknown): ReadMessage {
  if (!Array.isArray(document)) {
    throw new EventRefused({ code: 'malformed-event', message: 'A batch is a JSON array of events. Send one.' });
  }
  if (document.length > BATCH_LIMIT) {
    throw new EventRefused({
      code: 'batch-too-large',
      message: `A batch holds ${BATCH_LIMIT} events at most. Send less at a time; nothing of it was kept.`,
    });
  }
  return { mode: 'batch', events: document.map((item: unknown) => readStructured(item)) };
}

function readStructured(document: unknown): CloudEvent | Refused {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return refuse('malformed-event', 'An event is a JSON object with its attributes and data. Send one.');
  }
  const attributes = new Map<string, unknown>(Object.entries(document));
  const data = attributes.get('data');
  if (attributes.has('data_base64')) {
    return refuse('data-not-json', "Send 'data' as a JSON object; binary data ('data_base64') is not taken.");
  }
  attributes.delete('data');
  return { attributes, data: data === null ? undefined : data };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    // The parser's own message quotes the text, so it goes no further.
    throw new EventRefused({
      code: 'malformed-json',
      message: 'The body is not well-formed JSON in UTF-8. Nothing of it was kept.',
    });
  }
}

function unsupported(): EventRefused {
  return new EventRefused({
    code: 'unsupported-media-type',
    message:
      "Send 'application/cloudevents+json', 'application/cloudevents-batch+json', or 'application/json' with the attributes in ce- headers, in UTF-8.",
  });
}
