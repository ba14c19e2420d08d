import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import { METADATA_ENCODING_KEY } from '@temporalio/common';
import { temporal } from '@temporalio/proto';

const ENCRYPTED = Buffer.from('binary/encrypted');
const PLAIN_JSON = 'json/plain';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts what workflows and activities exchange with AES-256-GCM, so that Temporal's store and UI hold no readable payload.
 * A payload that arrives in plain JSON can only come from a plain signal (or a plain update): it is let through, and an object
 * in it is stamped `unverified`, which no sender can take off. Whoever can encrypt holds the key, so is one of our processes.
 */
export class EncryptionCodec implements PayloadCodec {
  /** @param key 32 bytes */
  constructor(private readonly key: Buffer) {
    if (key.length !== 32) throw new Error('The payload key must be 32 bytes; give 64 hexadecimal digits.');
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => this.encrypt(payload)));
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => this.decrypt(payload)));
  }

  private encrypt(payload: Payload): Payload {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce);
    const clear = temporal.api.common.v1.Payload.encode(payload).finish();
    const sealed = Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
    return { metadata: { [METADATA_ENCODING_KEY]: ENCRYPTED }, data: sealed };
  }

  private decrypt(payload: Payload): Payload {
    const encoding = payload.metadata?.[METADATA_ENCODING_KEY];
    const name = encoding ? Buffer.from(encoding).toString() : '';
    if (name === PLAIN_JSON) return stampUnverified(payload);
    if (name !== ENCRYPTED.toString()) return payload;
    const sealed = Buffer.from(payload.data ?? []);
    const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const clear = Buffer.concat([
      decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)),
      decipher.final(),
    ]);
    return temporal.api.common.v1.Payload.decode(clear);
  }
}

function stampUnverified(payload: Payload): Payload {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload.data ?? []).toString());
  } catch {
    return payload;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return payload;
  return { metadata: payload.metadata ?? {}, data: Buffer.from(JSON.stringify({ ...value, unverified: true })) };
}

/** The data converter of every client and worker. @param keyHex 64 hexadecimal digits */
export function createDataConverter(keyHex: string): DataConverter {
  return { payloadCodecs: [new EncryptionCodec(Buffer.from(keyHex, 'hex'))] };
}
