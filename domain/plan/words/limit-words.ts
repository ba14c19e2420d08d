import { formatDuration } from '../../time/duration';
import { unreachable } from '../../unreachable';
import type { Plan } from '../plan-schema';
import { percentWords, pointWords } from './percent-words';

type Limit = NonNullable<Plan['declaredGates']>[number]['limit'];

/** What crosses a limit that people watch: `more than 2 of the first 10`. */
export function limitWords(limit: Limit): string {
  switch (limit.kind) {
    case 'count': {
      const first = limit.ofFirst === undefined ? '' : ` of the first ${limit.ofFirst}`;
      return limit.atMost === 0 ? `any at all${first}` : `more than ${limit.atMost}${first}`;
    }
    case 'floor':
      return `under ${percentWords(limit.atLeast)}`;
    case 'ceiling':
      return `over ${percentWords(limit.atMost)}`;
    case 'comparison': {
      const upTo = limit.upToShare === undefined ? '' : `, up to a share of ${percentWords(limit.upToShare)}`;
      return `more than ${pointWords(limit.margin)} under legacy's${upTo}`;
    }
    case 'ratio':
      return `more than ${limit.times} times legacy's, by ${limit.per}`;
    case 'latency':
      return `${limit.percentile} of 100 take longer than ${formatDuration(limit.within)}`;
    case 'capacity':
      return `over ${percentWords(limit.load)} of what ${limit.team} can do, for ${formatDuration(limit.during)}`;
    case 'probes':
      return `${limit.failures} failures in a row, tried every ${formatDuration(limit.every)}`;
    default:
      return unreachable(limit);
  }
}
