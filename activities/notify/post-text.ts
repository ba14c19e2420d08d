import { request } from 'undici';
import type { Milliseconds } from '../../domain/time/duration';
import { NotDelivered } from './not-delivered';

export interface Post {
  /** May hold a credential: it is never logged nor put into an error. */
  url: string;
  headers: Record<string, string>;
  body: string;
  /** For the whole exchange, from connecting to the last byte of the answer's head. */
  timeout?: Milliseconds;
}

const DEFAULT_TIMEOUT: Milliseconds = 10_000;
/** Of an answer's body, read so that the other end can finish; beyond it, and beyond the timeout, the connection is cut. */
const IGNORED_BYTES = 65_536;

/** Posts JSON, and takes any 2xx for an arrival. A redirect is not followed: a notice is for the declared receiver alone. @throws NotDelivered */
export async function postText({ url, headers, body, timeout = DEFAULT_TIMEOUT }: Post): Promise<void> {
  const signal = AbortSignal.timeout(timeout);
  let status: number;
  try {
    const response = await request(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'user-agent': 'warm-handoff', ...headers },
      // A new connection each time: notices are rare, and an idle one that the other end has closed would lose one.
      reset: true,
      signal,
    });
    await response.body.dump({ limit: IGNORED_BYTES }).catch(() => undefined);
    status = response.statusCode;
  } catch {
    throw new NotDelivered(signal.aborted ? `did not answer within ${timeout} ms` : 'could not be reached');
  }
  if (status < 200 || status > 299) throw new NotDelivered(`answered ${status}`);
}
