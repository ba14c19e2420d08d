/**
 * Waits until `condition` holds, asking every 25 ms; one that throws counts as not yet.
 * @throws Error after `withinMs`, with what was waited for
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  for (const deadline = Date.now() + withinMs; ;) {
    try {
      if (await condition()) return;
    } catch {
      // Asked again.
    }
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
