import type { Milliseconds } from '../time/duration';
import type { Occurrence } from './match-handoffs';

/**
 * From when a final outcome may be counted for a gate, in milliseconds since 1970; null while it is not final. A kept one waits until its deadline and
 * lateness are over, as if it had been missed: counted as soon as it ended, the quick ones would stand for all that started with them, and a stack that
 * loses half of what it starts would look whole until the first deadline.
 */
export function maturesAt(
  { final, deadlineAt, endedAt }: Pick<Occurrence, 'final' | 'deadlineAt' | 'endedAt'>,
  lateness: Milliseconds,
): number | null {
  // One that ended while its clock stood still may have ended after the deadline that it had until then.
  return final ? Math.max(deadlineAt, endedAt ?? deadlineAt) + lateness + 1 : null;
}
