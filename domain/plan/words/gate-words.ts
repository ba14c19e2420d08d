import { unreachable } from '../../unreachable';
import type { GateRule, GateSource } from '../plan-schema';
import { percentWords, pointWords } from './percent-words';

/**
 * What crosses a gate's limit, how many outcomes it takes, and whose figures those are where they are not of handoffs: `kept on target under
 * 95%; decides on 20 outcomes or more, as Prometheus (metrics) counts them`.
 */
export function gateWords(rule: GateRule, source?: GateSource): string {
  const decides = `decides on ${rule.minimumOutcomes} outcomes or more${rule.kind === 'comparison' ? ' a side' : ''}`;
  const counted = source === undefined ? '' : `, as ${COUNTED_BY[source.kind]} (${source.connection}) counts them`;
  return `${limitOf(rule)}; ${decides}${counted}`;
}

const COUNTED_BY = { prometheus: 'Prometheus', sql: 'a query', http: 'a service' } as const satisfies Record<
  GateSource['kind'],
  string
>;

function limitOf(rule: GateRule): string {
  switch (rule.kind) {
    case 'floor':
      return `kept on target under ${percentWords(rule.atLeast)}`;
    case 'comparison':
      return `kept on target more than ${pointWords(rule.margin)} under legacy's`;
    case 'zeroTolerance':
      return `more than ${rule.missed} missed on target`;
    default:
      return unreachable(rule);
  }
}
