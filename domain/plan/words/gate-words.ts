import { formatDuration } from '../../time/duration';
import { unreachable } from '../../unreachable';
import type { GateRule, GateSource } from '../plan-schema';
import { percentWords, pointWords } from './percent-words';

/**
 * What crosses a gate's limit, how many outcomes it takes, what a step waits for besides, and whose figures those are where they are not of handoffs:
 * `kept on target under 95%, on evidence; goes on after 20 outcomes or more, as Prometheus (metrics) counts them`.
 */
export function gateWords(rule: GateRule, source?: GateSource): string {
  const counted = source === undefined ? '' : `, as ${COUNTED_BY[source.kind]} (${source.connection}) counts them`;
  const parts = [limitWordsOf(rule), decidesOn(rule), ...asksFor(rule)];
  return `${parts.filter((part) => part !== '').join('; ')}${counted}`;
}

const COUNTED_BY = {
  prometheus: 'Prometheus',
  sql: 'a query',
  http: 'a service',
  synthetic: 'a synthetic patient',
} as const satisfies Record<GateSource['kind'], string>;

/** What crosses a gate's limit: `kept on target under 95%`. */
export function limitWordsOf(rule: GateRule): string {
  switch (rule.kind) {
    case 'floor':
      return `kept on target under ${percentWords(rule.atLeast)}${judgedBy(rule)}`;
    case 'comparison':
      return `kept on target more than ${pointWords(rule.margin)} under legacy's${judgedBy(rule)}`;
    case 'zeroTolerance':
      return `more than ${rule.missed} ${casesOf(rule)} on target${rule.ofFirst === undefined ? '' : `, of the first ${rule.ofFirst}`}`;
    case 'latency': {
      const fast = `within ${formatDuration(rule.within)}`;
      return rule.margin === undefined
        ? `${fast} on target under ${rule.percentile}%${judgedBy(rule)}`
        : `${fast} on target more than ${pointWords(rule.margin)} under legacy's${judgedBy(rule)}`;
    }
    case 'slowerThanLegacy':
      return `ended within legacy's p50, p90 or p99 on target more than ${pointWords(rule.margin)} under legacy's, on evidence`;
    case 'ratio':
      return `${rule.event} on target more than ${rule.times} times as often as on legacy, on evidence`;
    case 'capacity':
      return `open on both sides above ${percentWords(rule.load ?? 1)} of what ${rule.team} on duty can work on, for ${formatDuration(rule.during)}`;
    default:
      return unreachable(rule);
  }
}

function judgedBy({ test }: { test?: 'sequential' | 'threshold' | undefined }): string {
  return test === 'threshold' ? '' : ', on evidence';
}

function casesOf({ condition, counts }: Extract<GateRule, { kind: 'zeroTolerance' }>): string {
  if (counts === 'secondEnds') return 'ended twice';
  return condition === undefined ? 'missed' : `missed for '${condition}'`;
}

function decidesOn(rule: GateRule): string {
  if (rule.kind === 'capacity') return '';
  const outcomes = `${rule.minimumOutcomes} outcomes or more`;
  if (rule.kind === 'ratio') return `goes on after ${outcomes} a side`;
  if (rule.kind === 'zeroTolerance' || rule.kind === 'slowerThanLegacy' || rule.test !== 'threshold')
    return `goes on after ${outcomes}`;
  const compared = rule.kind === 'comparison' || (rule.kind === 'latency' && rule.margin !== undefined);
  return `decides on ${outcomes}${compared ? ' a side' : ''}`;
}

/** What has to be shown before a step ends. */
function asksFor(rule: GateRule): string[] {
  const shown: string[] = [];
  if ((rule.kind === 'comparison' || rule.kind === 'slowerThanLegacy') && rule.notWorseBy !== undefined) {
    shown.push(`asks for evidence that it is less than ${pointWords(rule.notWorseBy)} worse`);
  }
  if ((rule.kind === 'floor' || rule.kind === 'latency') && rule.above !== undefined) {
    shown.push(`asks for evidence that it is above ${percentWords(rule.above)}`);
  }
  return shown;
}
