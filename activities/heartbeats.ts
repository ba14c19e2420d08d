import { Context } from '@temporalio/activity';
import type { Milliseconds } from '../domain/time/duration';
import { aroundActivities } from './around-activities';

const EVERY: Milliseconds = 1_000;

/** Tells Temporal of each, while it runs, that its worker lives: of one that may take minutes it is known within seconds when another has to take over. */
export function withHeartbeats<Given extends object>(activities: Given): Given {
  return aroundActivities(activities, async (call) => {
    const running = Context.current();
    const beat = setInterval(() => {
      running.heartbeat();
    }, EVERY);
    try {
      return await call();
    } finally {
      clearInterval(beat);
    }
  });
}
