import type { WrongSideTally } from '../../domain/status/wrong-side';

/** So many kinds are named; the API lists every event. */
const NAMED = 3;

/** Events from the side that their unit was not on, on one line; undefined where there was none. */
export function wrongSideLine(tallies: readonly WrongSideTally[]): string | undefined {
  if (tallies.length === 0) return undefined;
  const events = tallies.reduce((sum, tally) => sum + tally.events, 0);
  const named = tallies
    .slice(0, NAMED)
    .map((one) => `${one.phase}: ${one.type} from ${one.system} (${one.side}) ${one.events}`);
  const more = tallies.length > NAMED ? `; and ${tallies.length - NAMED} more` : '';
  const words = events === 1 ? 'event' : 'events';
  return `${events} ${words} from the side that the patient is not on: ${named.join('; ')}${more}`;
}
