import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../domain/time/clock';
import type { Milliseconds } from '../../domain/time/duration';

/** A token is the same through one of these, so that it does not change an answer's entity tag; it is good to the end of the next. */
const WINDOW: Milliseconds = 12 * 3_600_000;
const MAC_BYTES = 16;
const FORM = /^([0-9a-z]{1,12})\.([a-z][a-z0-9-]{0,62})$/;

/**
 * What lets a browser's EventSource in, which can send no header: a text in the address, made by any API process of a deployment and taken by
 * every one. It says for whom it was made and until when, and opens nothing but the notice that something changed.
 */
export class StreamTokens {
  private readonly key: Buffer;

  /** @param secret shared by all API processes, as 64 hexadecimal digits */
  constructor(
    secret: string,
    private readonly clock: Clock,
  ) {
    this.key = Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'hex'), '', 'warm-handoff event streams', 32));
  }

  /** A token for the actor of that id; good for 12 hours at least, and 24 at most. */
  make(actor: string): string {
    const end = (Math.floor(this.clock.now().getTime() / WINDOW) + 2) * WINDOW;
    const said = Buffer.from(`${end.toString(36)}.${actor}`);
    return Buffer.concat([this.mac(said), said]).toString('base64url');
  }

  /** The id of the actor it was made for; undefined where it was made by nobody here, or has run out. */
  actorOf(token: string): string | undefined {
    if (token.length > 200) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length <= MAC_BYTES) return undefined;
    const said = bytes.subarray(MAC_BYTES);
    if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(said))) return undefined;
    const [, end = '', actor] = FORM.exec(said.toString()) ?? [];
    return this.clock.now().getTime() < Number.parseInt(end, 36) ? actor : undefined;
  }

  private mac(said: Buffer): Buffer {
    return createHmac('sha256', this.key).update(said).digest().subarray(0, MAC_BYTES);
  }
}
