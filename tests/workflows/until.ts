import { setTimeout as delay } from 'node:timers/promises';

/** Asks until there is an answer. @throws naming what was waited for, where there is none within the time */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined>,
  within = 20_000,
): Promise<Answer> {
  const last = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > last) throw new Error(`Waited ${within} ms for ${what}, in vain.`);
    await delay(20);
  }
}
