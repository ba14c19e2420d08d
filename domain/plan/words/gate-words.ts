import { unreachable } from '../../unreachable';
import type { GateRule } from '../plan-schema';
import { percentWords, pointWords } from './percent-words';

/** What crosses a gate's limit, and how many outcomes it takes: `kept on target under 95%; decides on 20 outcomes or more`. */
export function gateWords(rule: GateRule): string {
  return `${limitOf(rule)}; decides on ${rule.minimumOutcomes} outcomes or more${rule.kind === 'comparison' ? ' a side' : ''}`;
}

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
