import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { SIDES, type Side } from '../../domain/sides/side';
import type { Milliseconds } from '../../domain/time/duration';

export interface SideQuestion {
  migration: string;
  phase: string;
  /** Key of the unit that the phase moves. */
  unit: string;
  /** Key of the episode. */
  journey: string;
  attributes: Readonly<Record<string, string>>;
}

/** Asks which side a patient is on; undefined where nobody could say for as long as a person would wait. */
export type AskSide = (question: SideQuestion, signal: AbortSignal) => Promise<Side | undefined>;

const answer = z.object({ value: z.enum(SIDES) });

/** Asks over OFREP (`POST /ofrep/v1/evaluate/flags/{migration}.{phase}`), again where there is no answer, with growing waits. */
export function sideAsker(options: {
  url: string;
  token: string;
  timeout: Milliseconds;
  attempts: number;
  retryAfter: Milliseconds;
}): AskSide {
  return async (question, signal) => {
    const endpoint = new URL(`/ofrep/v1/evaluate/flags/${question.migration}.${question.phase}`, options.url);
    const body = JSON.stringify({
      context: { ...question.attributes, targetingKey: question.unit, journey: question.journey },
    });
    for (let attempt = 0; attempt < options.attempts && !signal.aborted; attempt += 1) {
      if (attempt > 0) await wait(options.retryAfter * 2 ** Math.min(attempt - 1, 5));
      const side = await askOnce(endpoint, body, options);
      if (side !== undefined) return side;
    }
    return undefined;
  };
}

async function askOnce(
  endpoint: URL,
  body: string,
  options: { token: string; timeout: Milliseconds },
): Promise<Side | undefined> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${options.token}` },
      body,
      signal: AbortSignal.timeout(options.timeout),
    });
    const read = answer.safeParse(await response.json());
    return response.ok && read.success ? read.data.value : undefined;
  } catch {
    return undefined;
  }
}
