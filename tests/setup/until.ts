import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks every 20 ms until there is an answer: anything but undefined and false. An asking that throws counts as not yet.
 * @throws Error after `withinMs`, naming what was waited for, with what the last asking threw as its cause
 */
export async function until<Answer>(
  what: string,
  ask: () => Answer | undefined | false | Promise<Answer | undefined | false>,
  withinMs = 60_000,
): Promise<Answer> {
  let cause: unknown;
  for (const deadline = Date.now() + withinMs; ;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain: ${what}.`, { cause });
    await delay(20);
  }
}
