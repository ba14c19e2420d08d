import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

type Part = string | Buffer;

/** Whether two texts are the same, in a time that says nothing of where they differ, nor of how long the secret one is. */
export function isSame(left: Part, right: Part): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(part: Part): Buffer {
  return createHash('sha256').update(part).digest();
}

/** Whether any of the secrets makes what was received. Every one is tried, so that the time says nothing of which it was. */
export function isMadeByAny(secrets: readonly string[], received: Part, make: (secret: string) => Part): boolean {
  let found = false;
  for (const secret of secrets) if (isSame(make(secret), received)) found = true;
  return found;
}

export function hmac(algorithm: 'sha1' | 'sha256' | 'sha512', secret: string, ...parts: readonly Part[]): Buffer {
  const mac = createHmac(algorithm, secret);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** The bytes of a signature as it is written; undefined where it is not written so, or has another length. */
export function bytesOf(written: string, encoding: 'hex' | 'base64', length: number): Buffer | undefined {
  const text = encoding === 'hex' ? /^[0-9a-fA-F]+$/ : /^[A-Za-z0-9+/]+={0,2}$/;
  if (!text.test(written)) return undefined;
  const bytes = Buffer.from(written, encoding);
  return bytes.length === length ? bytes : undefined;
}
