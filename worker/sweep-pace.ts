import type { Milliseconds } from '../domain/time/duration';

/** Between two looks for due journeys. Half of it is what an event waits on average. */
export const TICK: Milliseconds = 100;

/** Journeys a transaction holds at once: an event for one of them waits until its result is written. Of a backlog more, since most of what they cost is by the transaction. */
export const LEAST = 25;
const MOST = 200;

/**
 * With a backlog, journeys are looked at that have been due for so long: more of their events have come by then, and a journey costs about as much to match
 * for one event as for ten. Nothing is dated by it; what is missed, and what gates count, is known that much later.
 */
const SETTLES: Milliseconds = 5_000;
/** A backlog: so many journeys are due and not taken up. Fewer, as a late look leaves them, are worked off within a second or two. */
export const BACKLOG = 2_000;
/** For so long at least, and then again while looking takes more than half of the time. */
const BEHIND_FOR: Milliseconds = 10_000;
/** How much shorter they settle with each millisecond once it is over: all at once, what has settled until then would be the next backlog. */
const SHORTER = 0.5;

/** Nothing settles for so long after less came than a tick's worth: a backlog that is being worked off then is no sign of the next. */
const CALM_FOR: Milliseconds = 1_000;

/** What there is beyond what a look took up. */
export interface Left {
  /** Next to nothing comes any more: nothing is gained by waiting for it. */
  isCalm?: boolean;
  /** A backlog is left. */
  isBehind?: boolean;
}

/** How many journeys a sweeper takes up at once, how long they have been due, and when it looks again. */
export class SweepPace {
  private atOnce = LEAST;
  /** While it is behind: since when this stretch of it lasts, and how much of that went into looks. */
  private stretch: { from: number; looking: Milliseconds } | undefined;
  private over = -Infinity;
  private calm = -Infinity;
  private began = 0;

  constructor(private readonly tick: Milliseconds = TICK) {}

  /** Before a look. @param now milliseconds of any one clock */
  next(now: number): { limit: number; dueFor: Milliseconds } {
    this.began = now;
    const dueFor = this.stretch === undefined ? Math.max(0, SETTLES - SHORTER * (now - this.over)) : SETTLES;
    return { limit: this.atOnce, dueFor };
  }

  /** Whether to find out if anything still comes: it has taken up all that has settled, and lets the rest wait. @param found as for `swept` */
  asksForCalm(found: number): boolean {
    return this.stretch !== undefined && found < this.atOnce;
  }

  /** Whether to find out if a backlog is left: it has taken up as many as it may. @param found as for `swept` */
  asksForBacklog(found: number): boolean {
    return this.stretch === undefined && this.atOnce === MOST && found >= MOST;
  }

  /**
   * After it.
   * @param found journeys that it took up, and other units
   * @param left what was found out of what is left; nothing by itself
   * @returns how long to wait until the next
   */
  swept(found: number, now: number, { isCalm = false, isBehind = false }: Left = {}): Milliseconds {
    const isFull = found >= this.atOnce;
    if (isCalm) {
      this.calm = now;
      this.over = -Infinity;
      this.stretch = undefined;
    } else if (this.stretch === undefined) {
      if (isBehind && now - this.calm >= CALM_FOR) this.stretch = { from: now, looking: 0 };
    } else this.goOn(this.stretch, now);
    this.atOnce = isFull ? Math.min(2 * this.atOnce, MOST) : LEAST;
    return isFull ? 0 : this.tick;
  }

  private goOn(stretch: { from: number; looking: Milliseconds }, now: number): void {
    stretch.looking += now - this.began;
    const lasted = now - stretch.from;
    if (lasted < BEHIND_FOR) return;
    const isBusy = stretch.looking > lasted / 2;
    if (!isBusy) this.over = now;
    this.stretch = isBusy ? { from: now, looking: 0 } : undefined;
  }
}
