import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DataConverter, Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import { METADATA_ENCODING_KEY } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { DomainError } from '../domain/domain-error';

const ENCRYPTED = 'binary/encrypted';
const PLAIN_JSON = 'json/plain';
/** What the SDK makes of `undefined`; it holds nothing. */
const NOTHING = 'binary/null';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * What to do with a payload that none of our processes made: `stamp` gives an object that says it is unverified, so that nobody's
 * payload can block a workflow; `refuse` throws, for clients, which would take it for an answer.
 */
export type ForeignPayloads = 'stamp' | 'refuse';

/** A payload that this process cannot open: it came from somebody else, or the processes have different keys. */
export class UnreadablePayload extends DomainError {
  readonly code = 'unreadable-payload';
  readonly status = 500;
  constructor() {
    super('Temporal holds a payload that this key does not open. Give every process the same HANDOFF_PAYLOAD_KEY.');
  }
}

/**
 * Encrypts what workflows and activities exchange with AES-256-GCM, so that Temporal's store and UI hold no readable payload.
 * Whoever can encrypt holds the key, so is one of our processes. Everything else is foreign (a plain signal or Update): an object in
 * plain JSON keeps its fields and is stamped `unverified`, which no sender can take off; of all else only the stamp is left.
 */
export class EncryptionCodec implements PayloadCodec {
  /** Workflows of which this key opened a payload: what it does not open there is foreign, not ours under another key. */
  private readonly opened = new Set<string>();

  /** @param key 32 bytes */
  constructor(
    private readonly key: Buffer,
    private readonly foreign: ForeignPayloads = 'stamp',
  ) {
    if (key.length !== 32) throw new Error('The payload key must be 32 bytes; give 64 hexadecimal digits.');
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => (isWorkflowMetadata(payload) ? payload : this.encrypt(payload))));
  }

  /** @throws UnreadablePayload, see `ForeignPayloads` */
  decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return new Promise((resolve) => {
      resolve(payloads.map((payload) => this.open(payload, context?.workflowId ?? '')));
    });
  }

  private encrypt(payload: Payload): Payload {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce);
    const clear = temporal.api.common.v1.Payload.encode(payload).finish();
    const sealed = Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
    return { metadata: { [METADATA_ENCODING_KEY]: Buffer.from(ENCRYPTED) }, data: sealed };
  }

  private open(payload: Payload, workflowId: string): Payload {
    const encoding = encodingOf(payload);
    if (encoding === NOTHING) return payload;
    if (encoding === ENCRYPTED) {
      const clear = this.decrypt(payload);
      if (clear !== undefined) {
        this.opened.add(workflowId);
        return clear;
      }
      // A workflow's input is decoded before anything else of it. Where not even that opens, the key is the wrong one: the task
      // fails and is repeated, and nothing is lost. Stamped, the input would end the workflow for good.
      if (!this.opened.has(workflowId)) throw new UnreadablePayload();
    }
    if (this.foreign === 'refuse') throw new UnreadablePayload();
    return stampUnverified(payload, encoding);
  }

  /** Gives `undefined` where the payload was not made with this key, or was changed since. */
  private decrypt(payload: Payload): Payload | undefined {
    const sealed = Buffer.from(payload.data ?? []);
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const clear = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return temporal.api.common.v1.Payload.decode(clear);
  }
}

function encodingOf(payload: Payload): string {
  const encoding = payload.metadata?.[METADATA_ENCODING_KEY];
  return encoding ? Buffer.from(encoding).toString() : '';
}

function stampUnverified(payload: Payload, encoding: string): Payload {
  const fields = encoding === PLAIN_JSON ? jsonObjectOf(payload) : undefined;
  return { metadata: { [METADATA_ENCODING_KEY]: Buffer.from(PLAIN_JSON) }, data: Buffer.from(stamped(fields)) };
}

function stamped(fields: Record<string, unknown> | undefined): string {
  try {
    return JSON.stringify({ ...fields, unverified: true });
  } catch {
    // Nested deeper than the stack: JSON.parse takes that, JSON.stringify does not.
    return '{"unverified":true}';
  }
}

function jsonObjectOf(payload: Payload): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload.data ?? []).toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** How the SDK's answer to the query `__temporal_workflow_metadata` begins; it carries nothing else to know it by. */
const METADATA_BEGINS = Buffer.from('{"definition":{"type":');

/**
 * Whether this is what a workflow tells Temporal's own UI of itself: the names of its commands, and the details it set for display.
 * Encrypted, nobody could read it; the workflows put no received text there. Told by its exact shape, which nothing of ours shares.
 */
function isWorkflowMetadata(payload: Payload): boolean {
  if (encodingOf(payload) !== PLAIN_JSON) return false;
  const data = Buffer.from(payload.data ?? []);
  if (!data.subarray(0, METADATA_BEGINS.length).equals(METADATA_BEGINS)) return false;
  const value = jsonObjectOf(payload);
  const definition = value?.['definition'];
  return (
    value !== undefined &&
    isObject(definition) &&
    Object.keys(value).every((key) => key === 'definition' || key === 'currentDetails') &&
    Object.keys(definition).join() === 'type,queryDefinitions,signalDefinitions,updateDefinitions'
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The data converter of every client and worker.
 * @param keyHex 64 hexadecimal digits
 * @param options.foreign `stamp` for workers (the default), `refuse` for clients
 */
export function createDataConverter(
  keyHex: string,
  { foreign = 'stamp' }: { foreign?: ForeignPayloads } = {},
): DataConverter {
  return { payloadCodecs: [new EncryptionCodec(Buffer.from(keyHex, 'hex'), foreign)] };
}
