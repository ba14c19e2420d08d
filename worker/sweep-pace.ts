import type { Milliseconds } from '../domain/time/duration';

/** Between two looks for due journeys. Half of it is what an event waits on average. */
export const TICK: Milliseconds = 100;

/** Journeys a transaction holds at once: an event for one of them waits until its result is written. Of a backlog more, since most of what they cost is by the transaction. */
const LEAST = 25;
const MOST = 200;

/**
 * With a backlog, journeys are looked at that have been due for so long: more of their events have come by then, and a journey costs about as much to match
 * for one event as for ten. Nothing is dated by it; what is missed, and what gates count, is known that much later.
 */
const SETTLES: Milliseconds = 5_000;
/** A backlog is over once so long no look found more than it could take. */
const OVER_AFTER: Milliseconds = 10_000;

/** How many journeys a sweeper takes up at once, how long they have been due, and when it looks again. */
export class SweepPace {
  private atOnce = LEAST;
  private busyUntil = -Infinity;

  constructor(private readonly tick: Milliseconds = TICK) {}

  /** @param now milliseconds of any one clock */
  next(now: number): { limit: number; dueFor: Milliseconds } {
    return { limit: this.atOnce, dueFor: this.isBehind(now) ? SETTLES : 0 };
  }

  /** @param journeys that the look took up. @returns how long to wait until the next */
  swept(journeys: number, now: number): Milliseconds {
    const isFull = journeys >= this.atOnce;
    // It begins with as many as a transaction holds at most: a few tens at a tick are no backlog.
    if (isFull && (this.atOnce === MOST || this.isBehind(now))) this.busyUntil = now + OVER_AFTER;
    this.atOnce = isFull ? Math.min(2 * this.atOnce, MOST) : LEAST;
    return isFull ? 0 : this.tick;
  }

  private isBehind(now: number): boolean {
    return now < this.busyUntil;
  }
}
