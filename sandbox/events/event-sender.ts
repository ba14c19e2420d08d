import { z } from 'zod';
import type { Milliseconds } from '../../domain/time/duration';
import { toCloudEvent, type StackEvent } from './stack-event';

/** What came of sending a batch once. */
export type SendResult =
  /** Answered for good: each event is stored but those refused, by index and code. */
  | { kind: 'answered'; duplicates: number; refused: ReadonlyMap<number, string> }
  /** The batch as a whole was not read; one event of it may be to blame. */
  | { kind: 'unreadable'; code: string }
  /** Nobody answered, or not now: whether anything was stored is unknown. */
  | { kind: 'again'; because: string };

export type SendBatch = (events: readonly StackEvent[]) => Promise<SendResult>;

const refusal = z.object({ index: z.int().min(0), code: z.string() });
const answer = z.object({ duplicates: z.int().min(0).default(0), refused: z.array(refusal).default([]) });
const failure = z.object({ code: z.string().optional(), refused: z.array(refusal).optional() });

/** Sends batches of CloudEvents to `POST {url}/v1/events`. Never throws. */
export function eventSender(options: { url: string; token: string; timeout: Milliseconds }): SendBatch {
  const endpoint = new URL('/v1/events', options.url);
  return async (events) => {
    let response: Response;
    try {
      response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents-batch+json', authorization: `Bearer ${options.token}` },
        body: JSON.stringify(events.map(toCloudEvent)),
        signal: AbortSignal.timeout(options.timeout),
      });
      const body: unknown = await response.json();
      return read(response.status, body);
    } catch (error) {
      return { kind: 'again', because: error instanceof Error ? error.name : 'unknown' };
    }
  };
}

function read(status: number, body: unknown): SendResult {
  if (status === 200 || status === 207) {
    const read = answer.safeParse(body);
    if (!read.success) return { kind: 'again', because: 'an answer that is none' };
    return { kind: 'answered', duplicates: read.data.duplicates, refused: byIndex(read.data.refused) };
  }
  const failed = failure.safeParse(body);
  const refused = failed.success ? (failed.data.refused ?? []) : [];
  if (refused.length > 0) return { kind: 'answered', duplicates: 0, refused: byIndex(refused) };
  // Whoever is not let in yet, or told to slow down, keeps what they have to say.
  if (status >= 500 || [401, 403, 404, 408, 425, 429].includes(status))
    return { kind: 'again', because: String(status) };
  return { kind: 'unreadable', code: (failed.success ? failed.data.code : undefined) ?? String(status) };
}

function byIndex(refused: readonly z.output<typeof refusal>[]): ReadonlyMap<number, string> {
  return new Map(refused.map(({ index, code }) => [index, code]));
}
