import type { BacktestReport } from '../../domain/backtest/backtest';
import type { GateBacktest, StepSight } from '../../domain/backtest/backtest-gates';
import { SEEN_WITH_CHANCE } from '../../domain/backtest/gate-sight';
import type { GateReplay } from '../../domain/backtest/replay-gate';
import type { GateRule } from '../../domain/plan/plan-schema';
import { formatDuration } from '../../domain/time/duration';
import { unreachable } from '../../domain/unreachable';
import { frictionTable } from '../screens/friction-table';
import { shortHash } from '../screens/status-words';
import { table } from '../screens/table';

/** What `backtest --json` prints. */
export interface BacktestResult extends BacktestReport {
  log: BacktestReport['log'] & {
    /** Events that the log holds twice, by source and id; they count once. */
    duplicates: number;
  };
}

/** Unknown types that a screen lists; `--json` has them all. */
const TYPES_SHOWN = 10;

/** A backtest for people. */
export function backtestScreen(result: BacktestResult): string {
  const parts = [logLines(result), handoffTable(result), frictionPart(result)];
  if (result.gates.length > 0) parts.push(firingPart(result), sightPart(result.gates));
  return parts.join('\n\n');
}

function logLines({ migration, planHash, log }: BacktestResult): string {
  const lines = [
    `${migration} (plan ${shortHash(planHash)}) over ${count(log.events)} events of ${count(log.journeys)} journeys, ` +
      `${moment(log.firstAt)} to ${moment(log.lastAt)}`,
  ];
  if (log.outOfOrder > 0) {
    lines.push(`${count(log.outOfOrder)} events are earlier than the one before them: they count by their time.`);
  }
  if (log.duplicates > 0) lines.push(`${count(log.duplicates)} events are duplicates: they count once.`);
  if (log.unlistened > 0) lines.push(`${count(log.unlistened)} events are of types that no handoff listens to.`);
  if (log.unknown.events > 0) {
    lines.push(
      `${count(log.unknown.events)} events are of types that the plan does not declare, and count for nothing:`,
    );
    for (const { type, events } of log.unknown.types.slice(0, TYPES_SHOWN)) lines.push(`  ${count(events)}  ${type}`);
    const more = log.unknown.types.length - TYPES_SHOWN;
    if (more > 0) lines.push(`  and ${more} types more; --json lists them all`);
  }
  for (const { handoff, condition } of log.notAsked) {
    lines.push(
      condition === null
        ? `${handoff}: the log does not say which of its ends one is, so any of them keeps it.`
        : `${handoff}: the log does not have what '${condition}' asks for, so no end was held to it.`,
    );
  }
  return lines.join('\n');
}

function handoffTable({ handoffs }: BacktestResult): string {
  const rows = Object.entries(handoffs).map(([handoff, counted]) => [
    handoff,
    ...[counted.started, counted.kept, counted.missed, counted.released, counted.open].map(count),
    ...[counted.repeated, counted.unmatched, counted.recovered, counted.secondEnds].map(count),
    keptRate(counted.kept, counted.missed),
  ]);
  const outcomes = ['#STARTED', '#KEPT', '#MISSED', '#RELEASED', '#OPEN'];
  return table(['HANDOFF', ...outcomes, '#REPEATED', '#UNMATCHED', '#RECOVERED', '#SECOND', '#KEPT %'], rows);
}

function frictionPart({ friction }: BacktestResult): string {
  return ['Where the journey hurts: volume times the share that broke.', frictionTable(friction)].join('\n');
}

function firingPart({ gates, phases }: Pick<BacktestResult, 'gates' | 'phases'>): string {
  const rows = [
    ...gates.flatMap((gate) => {
      const named = [`${gate.phase}/${gate.gate}`, limit(gate.rule)];
      return [
        [...named, "the plan's ramp", ...firing(gate.ramp)],
        ...(gate.oneSide === null ? [] : [[...named, 'everyone at once', ...firing(gate.oneSide)]]),
      ];
    }),
    ...phases.map(({ phase, falseRollbacks, ramp }) => [
      ...[phase, `${percentage(falseRollbacks)} false ones`, "the plan's ramp, all gates"],
      ...firing(ramp),
    ]),
  ];
  return [
    'How often each gate would have fired, and all of a phase together. Both sides are the same stack here, so each firing is a false one.',
    table(['GATE', 'LIMIT', 'PLAYED AS', '#ATTEMPTS', '#FIRED', '#FALSE', 'FIRST'], rows),
  ].join('\n');
}

function firing({ attempts, fired, firedShare, first }: GateReplay): string[] {
  return [
    String(attempts),
    String(fired),
    firedShare === null ? '' : percentage(firedShare),
    first === null
      ? ''
      : `${moment(new Date(first.at).toISOString())}, step ${first.step}, after ${formatDuration(first.after)}: ${first.gate}: ${first.message}`,
  ];
}

function sightPart(gates: readonly GateBacktest[]): string {
  const rows = gates.flatMap(({ phase, gate, rule, steps }) =>
    steps.map((step, index) => [
      index === 0 ? `${phase}/${gate}` : '',
      index === steps.length - 1 ? 'soak' : String(step.step),
      step.perDay === null ? percentage(step.share) : `${step.perDay} a day`,
      formatDuration(step.watch),
      step.outcomes === null ? '' : count(step.outcomes),
      step.blindShare === null ? '' : percentage(step.blindShare),
      caught(step, rule),
    ]),
  );
  return [
    'What each could have seen. Blind: share of time in which a watch has fewer outcomes than the gate asks for. ' +
      `Catches: a fall to this kept rate, with a chance of ${percentage(SEEN_WITH_CHANCE)} within the watch.` +
      (gates.some(({ rule }) => rule.kind === 'slowerThanLegacy')
        ? ' Of one on how long legacy takes: to this part within the time that nine in ten took.'
        : ''),
    table(['GATE', 'STEP', '#TARGET', '#WATCH', '#OUTCOMES', '#BLIND', 'CATCHES'], rows),
  ].join('\n');
}

function caught({ outcomes, catches }: StepSight, rule: GateRule): string {
  if (outcomes === null) return 'the history is no longer than the watch';
  if (rule.kind === 'ratio') return caughtWith(catches, rule.event);
  if (catches === null) return 'not even an outage';
  if (catches.drop === 0) return 'the usual rate itself';
  return `${percentage(catches.keptRate)}, ${(100 * catches.drop).toFixed(1)} points down`;
}

/** Of a ratio, who is kept is who went without its event. */
function caughtWith(catches: StepSight['catches'], event: string): string {
  if (catches === null) return `not even ${event} in every one`;
  return `${event} in ${percentage(1 - catches.keptRate)}, ${(100 * catches.drop).toFixed(1)} points up`;
}

function limit(rule: GateRule): string {
  switch (rule.kind) {
    case 'floor':
      return `at least ${percentage(rule.atLeast)}`;
    case 'comparison':
      return `${percentage(rule.margin)} under legacy`;
    case 'zeroTolerance':
      return `at most ${rule.missed} missed${rule.ofFirst === undefined ? '' : ` of the first ${rule.ofFirst}`}`;
    case 'latency': {
      const fast = `within ${formatDuration(rule.within)}`;
      return rule.margin === undefined
        ? `${rule.percentile}% ${fast}`
        : `${percentage(rule.margin)} under legacy ${fast}`;
    }
    case 'slowerThanLegacy':
      return `${percentage(rule.margin)} under legacy within its p50, p90, p99`;
    case 'ratio':
      return `${rule.event} at most ${rule.times} times legacy's`;
    case 'capacity':
      return `open at most ${percentage(rule.load ?? 1)} of ${rule.team}`;
    default:
      return unreachable(rule);
  }
}

function percentage(share: number): string {
  return `${Number((100 * share).toFixed(1))}%`;
}

/** Rounded down: what missed one is never 100%. */
function keptRate(kept: number, missed: number): string {
  return kept + missed === 0 ? '' : `${(Math.floor((1_000 * kept) / (kept + missed)) / 10).toFixed(1)}%`;
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}

function moment(iso: string | null): string {
  return iso === null ? 'never' : `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
