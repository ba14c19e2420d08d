import type { EventContract } from './event-contract';
import { refuse, type Refused } from './event-refusal';

const DAY = 86_400_000;

/**
 * Why an event that happened then is not taken in any more: its plan keeps events for no longer (`retention.events`). Undefined where it is, always so where the
 * plan keeps all, or the producer did not say when it happened.
 * @param time and now, milliseconds since 1970
 */
export function tooOld(time: number | null, { keeps }: EventContract, now: number): Refused | undefined {
  if (time === null || keeps === undefined || time >= now - keeps) return undefined;
  return refuse(
    'event-too-old',
    `The event happened more than ${Math.floor(keeps / DAY)} days ago, and the plan keeps events for no longer (retention). Send later ones; whoever needs it has its own record of it.`,
  );
}
