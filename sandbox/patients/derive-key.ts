import { createHmac } from 'node:crypto';

/**
 * A pseudonymous key: the prefix, an underscore and a UUID (version 8, RFC 9562) out of HMAC-SHA256 over what it stands for. The same
 * seed and parts always give the same key; neither can be read from it. No part of a recorded case id stays in clear.
 */
export function deriveKey(prefix: string, seed: string, ...parts: readonly string[]): string {
  return `${prefix}_${deriveUuid(seed, prefix, ...parts)}`;
}

/** The UUID alone: ids of events. */
export function deriveUuid(seed: string, ...parts: readonly string[]): string {
  const digest = createHmac('sha256', seed).update(JSON.stringify(parts)).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
