import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Where the secret of a key comes from: one derived from the payload key, or one that is given under the key's id. */
export const KEY_ORIGINS = ['payload', 'environment'] as const;
export type KeyOrigin = (typeof KEY_ORIGINS)[number];

/** A key that vendor ids are hashed under, without its secret. */
export interface HashKey {
  id: string;
  origin: KeyOrigin;
  /** Of a derived one. */
  salt: Buffer;
  /** What tells whether a process has the right secret. */
  verifier: Buffer;
}

/**
 * The secrets of the crosswalk. Ids of vendors are short and often numbers: without a secret that the database does not hold, a stolen hash would be
 * guessed. Sealing is AES-256-GCM under a key derived from the payload key, bound to where the id stands.
 */
export class CrosswalkSecrets {
  private readonly sealing: Buffer;
  private readonly derived = new Map<string, Buffer>();

  /**
   * @param payloadKeyHex 64 hexadecimal digits
   * @param given secrets by the ids of their keys, 32 bytes each
   */
  constructor(
    private readonly payloadKeyHex: string,
    private readonly given: ReadonlyMap<string, Buffer> = new Map(),
  ) {
    this.sealing = this.derive('crosswalk/seal', Buffer.alloc(0));
  }

  /** A new key, and what is to be stored of it; undefined where no secret is given under the id. */
  newKey(id: string, origin: KeyOrigin): HashKey | undefined {
    const salt = origin === 'payload' ? randomBytes(32) : Buffer.alloc(0);
    const secret = this.secretOf({ id, origin, salt });
    return secret === undefined ? undefined : { id, origin, salt, verifier: verifierOf(secret) };
  }

  /** Whether this process has the secret of the key, and the right one. */
  holds(key: HashKey): boolean {
    const secret = this.secretOf(key);
    return secret !== undefined && verifierOf(secret).equals(key.verifier);
  }

  /** HMAC-SHA256 of an id where it stands. Only of a key that this process holds. */
  hash(key: HashKey, { migration, vendor, id }: { migration: string; vendor: string; id: string }): Buffer {
    const secret = this.secretOf(key);
    if (secret === undefined) throw new Error('An id was to be hashed under a key that this process does not hold.');
    return createHmac('sha256', secret).update(['id', migration, vendor, id].join('\u0000')).digest();
  }

  /** An id, readable only with the payload key, and only for the same migration and vendor. */
  seal({ migration, vendor, id }: { migration: string; vendor: string; id: string }): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.sealing, nonce);
    cipher.setAAD(Buffer.from([migration, vendor].join('\u0000')));
    return Buffer.concat([nonce, cipher.update(id, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** The id that was sealed; undefined where it was not with this payload key. */
  open(sealed: Buffer, { migration, vendor }: { migration: string; vendor: string }): string | undefined {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', this.sealing, sealed.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from([migration, vendor].join('\u0000')));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const clear = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return clear.toString('utf8');
  }

  private secretOf({ id, origin, salt }: Pick<HashKey, 'id' | 'origin' | 'salt'>): Buffer | undefined {
    if (origin === 'environment') return this.given.get(id);
    const name = `${id}/${salt.toString('base64')}`;
    const secret = this.derived.get(name) ?? this.derive(`crosswalk/hash/${id}`, salt);
    this.derived.set(name, secret);
    return secret;
  }

  private derive(purpose: string, salt: Buffer): Buffer {
    return Buffer.from(hkdfSync('sha256', Buffer.from(this.payloadKeyHex, 'hex'), salt, purpose, 32));
  }
}

function verifierOf(secret: Buffer): Buffer {
  return createHmac('sha256', secret).update('verifier').digest();
}
