import { bytesOf, hmac, isMadeByAny } from './same-bytes';
import { isAboutNow, type VerifySignature } from './signed-request';

export const DIGEST_BYTES = { sha1: 20, sha256: 32, sha512: 64 } as const;
export type HmacAlgorithm = keyof typeof DIGEST_BYTES;

export interface BodyHmac {
  /** The header that carries it, in lower case. */
  header: string;
  algorithm: HmacAlgorithm;
  encoding: 'hex' | 'base64';
  /** What stands before it in the header, such as `sha256=`. */
  prefix?: string;
  /** Where a time is signed with it. */
  time?: {
    /** The header that carries the time, in lower case. */
    header: string;
    /** Milliseconds since 1970; undefined for what is no time. */
    read: (written: string) => number | undefined;
    /** What stands before the body in the signed text. */
    before: (written: string) => string;
  };
}

/** An HMAC over the body, with the time before it where there is one. */
export function bodyHmac({ header, algorithm, encoding, prefix = '', time }: BodyHmac): VerifySignature {
  return (request, secrets, now) => {
    const written = request.header(header);
    const signedAt = time && request.header(time.header);
    if (written?.startsWith(prefix) !== true || (time !== undefined && signedAt === undefined)) return 'unsigned';
    const received = bytesOf(written.slice(prefix.length), encoding, DIGEST_BYTES[algorithm]);
    if (received === undefined) return 'wrong';
    const before = time === undefined || signedAt === undefined ? '' : time.before(signedAt);
    if (!isMadeByAny(secrets, received, (secret) => hmac(algorithm, secret, before, request.body))) return 'wrong';
    if (time === undefined || signedAt === undefined) return 'valid';
    const at = time.read(signedAt);
    return at !== undefined && isAboutNow(at, now) ? 'valid' : 'expired';
  };
}

export function readSeconds(written: string): number | undefined {
  return /^\d{1,12}$/.test(written) ? Number(written) * 1_000 : undefined;
}
