import { request } from 'undici';
import type { Milliseconds } from '../domain/time/duration';

export interface Post {
  /** May hold a credential: it is never logged nor put into an error. */
  url: string;
  headers: Record<string, string>;
  body: string;
  /** For the whole exchange, from connecting to the last byte of the answer's head. */
  timeout?: Milliseconds;
}

export const POST_TIMEOUT: Milliseconds = 10_000;
/** Of an answer's body, read so that the other end can finish; beyond it, and beyond the timeout, the connection is cut. */
const IGNORED_BYTES = 65_536;

/**
 * Posts JSON and gives the answer's status; what else it says is not kept. A redirect is not followed: what is sent, and its signature, are for the declared
 * receiver alone.
 */
export async function postOnce({
  url,
  headers,
  body,
  timeout = POST_TIMEOUT,
}: Post): Promise<number | 'timedOut' | 'unreachable'> {
  const signal = AbortSignal.timeout(timeout);
  try {
    const response = await request(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'user-agent': 'warm-handoff', ...headers },
      // A new connection each time: posts are rare, and an idle one that the other end has closed would lose one.
      reset: true,
      signal,
    });
    await response.body.dump({ limit: IGNORED_BYTES }).catch(() => undefined);
    return response.statusCode;
  } catch {
    return signal.aborted ? 'timedOut' : 'unreachable';
  }
}
