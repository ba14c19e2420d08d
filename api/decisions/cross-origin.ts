import type { IncomingMessage } from 'node:http';

/** How long a browser may keep the answer to a preflight. */
const PREFLIGHT_SECONDS = 600;

const NONE: readonly string[] = [];

/**
 * Which web pages may ask for sides from a browser: those of the origins that are named, and no other. Never every origin: a
 * question carries a token.
 */
export class CrossOrigin {
  private readonly origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.origins = new Set(origins);
  }

  /** What the answer to this request must say for its page to read it. */
  headers({ headers: { origin } }: IncomingMessage): readonly string[] {
    if (this.origins.size === 0) return NONE;
    // Also to others: a cache must not keep one page's answer for another's.
    if (origin === undefined || !this.origins.has(origin)) return ['Vary', 'Origin'];
    return [
      'Vary',
      'Origin',
      'Access-Control-Allow-Origin',
      origin,
      'Access-Control-Expose-Headers',
      'ETag, Retry-After',
    ];
  }

  /** What the answer to a preflight must say; undefined where this is none, or none of an origin that is named. */
  preflight({ method, headers }: IncomingMessage, allowed: string): readonly string[] | undefined {
    const { origin } = headers;
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return undefined;
    if (origin === undefined || !this.origins.has(origin)) return undefined;
    return [
      ...['Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'],
      ...['Access-Control-Allow-Origin', origin],
      ...['Access-Control-Allow-Methods', allowed],
      ...['Access-Control-Allow-Headers', 'Authorization, Content-Type, If-None-Match'],
      ...['Access-Control-Max-Age', String(PREFLIGHT_SECONDS)],
    ];
  }
}
