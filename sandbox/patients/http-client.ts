import { Agent, request, type Dispatcher } from 'undici';
import type { Milliseconds } from '../../domain/time/duration';

/** Connections stay open between requests: a handful serve all patients. */
const agent = new Agent({ keepAliveTimeout: 4_000, pipelining: 1 });

/** A page as a browser has it. Redirects are not followed: `location` says where to. */
export interface Page {
  status: number;
  location: string | undefined;
  text: string;
}

/** Posts JSON. The status it was answered with; undefined where the other end is out of order or cannot be reached. Never throws. */
export async function postJson(url: string, body: unknown, timeout: Milliseconds): Promise<number | undefined> {
  const answer = await exchange(url, timeout, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return answer === undefined || answer.status >= 500 ? undefined : answer.status;
}

/** Looks at a page with a cookie; undefined where nobody answers. Never throws. */
export function getPage(url: string, cookie: string, timeout: Milliseconds): Promise<Page | undefined> {
  return exchange(url, timeout, { method: 'GET', headers: { cookie, accept: 'text/html' } });
}

async function exchange(
  url: string,
  timeout: Milliseconds,
  options: { method: Dispatcher.HttpMethod; headers: Record<string, string>; body?: string },
): Promise<Page | undefined> {
  try {
    const response = await request(url, { ...options, dispatcher: agent, signal: AbortSignal.timeout(timeout) });
    const { location } = response.headers;
    return {
      status: response.statusCode,
      location: typeof location === 'string' ? location : undefined,
      text: await response.body.text(),
    };
  } catch {
    return undefined;
  }
}
