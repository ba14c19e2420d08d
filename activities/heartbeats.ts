import { Context } from '@temporalio/activity';
import type { Milliseconds } from '../domain/time/duration';

const EVERY: Milliseconds = 1_000;

type Activities = Record<string, (...args: never[]) => Promise<unknown>>;

/** Tells Temporal of each, while it runs, that its worker lives: of one that may take minutes it is known within seconds when another has to take over. */
export function withHeartbeats<Given extends object>(activities: Given): Given {
  const wrapped = Object.entries(activities as Activities).map(([name, activity]) => [
    name,
    async (...args: never[]): Promise<unknown> => {
      const running = Context.current();
      const beat = setInterval(() => {
        running.heartbeat();
      }, EVERY);
      try {
        return await activity(...args);
      } finally {
        clearInterval(beat);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Given;
}
