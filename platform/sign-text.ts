import { createHmac } from 'node:crypto';

/** The header that carries a signature. */
export const SIGNATURE_HEADER = 'handoff-signature';

/**
 * `t=<seconds since 1970>,v1=<64 hexadecimal digits>`: HMAC-SHA256 over `<t>.<text>` with the secret that both ends share. The time
 * is signed too, so that a receiver can refuse what was caught and is played back later.
 */
export function signText(text: string, secret: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1_000);
  const signature = createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex');
  return `t=${seconds},v1=${signature}`;
}
