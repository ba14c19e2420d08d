import type { Milliseconds } from '../domain/time/duration';

export interface Repeating {
  /** Begins no further round, and resolves when the one under way has ended. */
  stop(): Promise<void>;
}

const FIRST_RETRY: Milliseconds = 100;
const LAST_RETRY: Milliseconds = 5_000;

/**
 * Does a round of work again and again, each after the wait that the last one asked for. A round that fails is told of and
 * tried again, after a wait that doubles up to five seconds.
 */
export function repeatUntilStopped(round: () => Promise<Milliseconds>, onFailure: (error: unknown) => void): Repeating {
  const stopping = new AbortController();
  const ended = (async () => {
    let retry = FIRST_RETRY;
    while (!stopping.signal.aborted) {
      let wait: Milliseconds;
      try {
        wait = await round();
        retry = FIRST_RETRY;
      } catch (error) {
        onFailure(error);
        wait = retry;
        retry = Math.min(retry * 2, LAST_RETRY);
      }
      await pause(wait, stopping.signal);
    }
  })();
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

/** Resolves after the wait, or at once when stopped. */
async function pause(wait: Milliseconds, stopped: AbortSignal): Promise<void> {
  if (wait <= 0 || stopped.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stopped.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, wait);
    stopped.addEventListener('abort', end);
  });
}
