import { request } from 'undici';
import { sourceError, type NoAnswer } from '../../domain/metrics/outcome-answer';
import type { Milliseconds } from '../../domain/time/duration';

/** Where an HTTP source is. Neither address nor token is ever logged or put into a message. */
export interface HttpConnection {
  /** http or https; may have a path that every request goes below. */
  url: string;
  /** Sent as `Authorization: Bearer …`. */
  token?: string;
  /** For one answer of the source, however many requests it takes. */
  timeout: Milliseconds;
}

export interface JsonAnswer {
  status: number;
  body: unknown;
}

/** What figures of a few sides may take; more was not asked for. */
const LONGEST_ANSWER = 4_194_304;

/** Statuses that say why there is no answer, in words. */
const MEANS: Readonly<Record<number, string>> = {
  401: 'It does not take the credentials',
  403: 'It does not allow what is asked',
  404: 'It does not know what is asked',
  429: 'It is asked too often',
};

/** The address of a path below the connection's, whatever that ends with. */
export function addressOf({ url }: Pick<HttpConnection, 'url'>, path: string): URL {
  const base = new URL(url);
  base.pathname = `${base.pathname.replace(/\/+$/, '')}${path}`;
  return base;
}

/**
 * Asks once. A redirect is not followed, since the credentials are for the declared address alone. Failed statuses that `takes` does not name,
 * bodies that are too long or no JSON, and everything that goes wrong on the way, are source errors.
 */
export async function askJson(
  { token, timeout }: HttpConnection,
  asked: { url: URL; form?: URLSearchParams; takes?: readonly number[] },
  signal: AbortSignal,
): Promise<JsonAnswer | NoAnswer> {
  try {
    const { statusCode: status, body } = await request(asked.url, {
      method: asked.form === undefined ? 'GET' : 'POST',
      headers: {
        'user-agent': 'warm-handoff',
        accept: 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(asked.form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(asked.form !== undefined && { body: asked.form.toString() }),
      // A new connection each time: an idle one that the other end has closed would be taken for a source that is away.
      reset: true,
      signal,
    });
    if ((status < 200 || status > 299) && asked.takes?.includes(status) !== true) {
      await body.dump({ limit: 65_536 }).catch(() => undefined);
      if (status >= 300 && status <= 399) return sourceError(`It answered ${status}: redirects are not followed.`);
      return sourceError(`${MEANS[status] ?? 'It failed'} (${status}).`);
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > LONGEST_ANSWER) return sourceError('Its answer is longer than 4 MB. Ask for less.');
      chunks.push(chunk);
    }
    return { status, body: parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return sourceError(signal.aborted ? `It did not answer within ${timeout} ms.` : 'It could not be reached.');
  }
}

/** Undefined where it is no JSON, which none of JSON's values is. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
