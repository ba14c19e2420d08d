import type { NotCleared } from '../status/case-board';
import type { Milliseconds } from '../time/duration';
import type { Staffed } from './staff-on-shift';

const HOUR: Milliseconds = 3_600_000;

/** How a queue did of late, and what it has open. Moments in milliseconds since 1970, by the plan's time. */
export interface Workload {
  open: number;
  /** From then on what follows was counted. */
  since: number;
  now: number;
  /** Cases that came in: opened and reopened. */
  arrived: number;
  ended: number;
}

export interface Clearing {
  /** When nothing is open any more. */
  at: number | null;
  because: NotCleared | null;
  /** Cases ended in an hour of one unit of capacity. */
  perHour: number;
}

/**
 * When a queue is empty if cases come in and are worked off as they did: they come at any hour, and end while somebody is there, twice as fast where twice as
 * many can be worked on at once. A projection of means, with no more to it: fluid in, fluid out.
 * @param staffed of the time from `since` until as far as is looked ahead, in order
 */
export function timeToClear({ open, since, now, arrived, ended }: Workload, staffed: readonly Staffed[]): Clearing {
  const hours = (now - since) / HOUR;
  const worked = staffed.reduce(
    (sum, { from, until, capacity }) =>
      sum + (Math.max(0, Math.min(until, now) - Math.max(from, since)) / HOUR) * capacity,
    0,
  );
  const perHour = worked > 0 ? ended / worked : 0;
  if (open === 0) return { at: null, because: 'nothingOpen', perHour };
  if (perHour === 0) return { at: null, because: worked === 0 ? 'nobodyOnShift' : 'nothingEnded', perHour };
  const coming = hours > 0 ? arrived / hours : 0;
  let left = open;
  let at = now;
  for (const { from, until, capacity } of staffed) {
    if (until <= now) continue;
    const start = Math.max(from, at);
    left += (coming * (start - at)) / HOUR;
    const net = perHour * capacity - coming;
    const length = (until - start) / HOUR;
    if (net * length >= left) return { at: start + (left / net) * HOUR, because: null, perHour };
    left -= net * length;
    at = until;
  }
  return { at: null, because: 'moreComes', perHour };
}
