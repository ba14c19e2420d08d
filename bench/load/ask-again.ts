import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks, and asks again for as long as the answer is a 503 that says when: where a machine is starved, the API takes on no more than it can do.
 * A command is to have one idempotency key in all of its tries.
 * @param ask one try
 * @returns the first other answer, or the last of those after `withinMs`
 */
export async function askAgain(ask: () => Promise<Response>, withinMs = 60_000): Promise<Response> {
  for (const deadline = Date.now() + withinMs; ;) {
    const response = await ask();
    const after = response.headers.get('retry-after');
    if (response.status !== 503 || after === null || Date.now() > deadline) return response;
    await response.arrayBuffer();
    await delay(Number(after) * 1_000);
  }
}
