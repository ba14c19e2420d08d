import type { Fall, GatePower, Sight, Within } from '../../domain/gates/power/gate-power';
import type { PowerOfGate, StepPower } from '../../domain/gates/power/plan-power';
import { MOST_PATIENTS, RUNS } from '../../domain/gates/power/simulate-wait';
import { formatDuration } from '../../domain/time/duration';
import { unreachable } from '../../domain/unreachable';
import { table } from '../screens/table';

export interface PowerResult {
  migration: string;
  hash: string;
  alpha: number;
  assumed: string;
  gates: PowerOfGate[];
  /** Of which nothing can be said, and why. */
  leftOut: { phase: string; gate: string; why: string }[];
}

/** What is taken for granted, in one line. */
export function assumedOf(alpha: number, gates: readonly PowerOfGate[]): string {
  const base = gates.some(({ baseIsFloor }) => baseIsFloor)
    ? "the floor that the plan has for the gate's handoff"
    : '--base';
  return (
    `Assumed: legacy and a healthy target keep ${base}; target fails from its first patient on, at one share; one outcome an arrival, counted at its deadline, which comes on top; ` +
    `a look at each; alpha ${alpha}; ${RUNS.least} to ${RUNS.most} simulated runs, with a fixed seed.`
  );
}

export function powerScreen({ assumed, gates, leftOut }: PowerResult): string {
  const blocks = gates.flatMap((gate) => [`${gate.phase} / ${gate.gate}: ${ruleWords(gate)}`, gateTable(gate), '']);
  return [
    assumed,
    'Patients on target, and how long, until it is seen: the middle of runs, and in brackets what nine in ten do not exceed.',
    '',
    ...blocks,
    ...leftOut.map(({ phase, gate, why }) => `${phase} / ${gate}: left out, ${why}.`),
  ].join('\n');
}

function gateTable({ steps }: PowerOfGate): string {
  const [first] = steps;
  if (first === undefined) return ' No step whose share is known: give --volume, or --share.';
  const headings = [
    'COHORT',
    'STEP',
    'TO TARGET',
    '#A DAY',
    ...first.falls.map(({ drop }) => (drop === null ? 'OUTAGE' : `${fallWords(drop)} POINTS`)),
  ];
  return table([...headings, 'GOES ON', 'NOT SEEN WHILE WATCHED'], steps.map(row));
}

function row(power: StepPower): string[] {
  const { cohorts, step, share, volume, watch, falls, goingOn } = power;
  return [
    cohorts.join(', '),
    step === null ? '-' : String(step),
    `${rounded(100 * share)}%`,
    volume === null ? '-' : rounded(volume),
    ...falls.map(({ sight }) => sightWords(sight)),
    sightWords(goingOn),
    unseenWords(power, watch),
  ];
}

function unseenWords({ unseen }: GatePower, watch: number | null): string {
  if (watch === null) return 'watch not known';
  if (unseen === null) return `${formatDuration(watch)}: volume not known`;
  return `${formatDuration(watch)}: ${unseen.length === 0 ? 'nothing' : unseen.map(fallWords).join(', ')}`;
}

export function fallWords(drop: Fall['drop']): string {
  return drop === null ? 'outage' : `-${rounded(100 * drop)}`;
}

function sightWords(sight: Sight): string {
  switch (sight.kind) {
    case 'seen':
      return seenWords(sight.patients, sight.days);
    case 'allowed':
      return 'allowed';
    case 'noTest':
      return 'no test';
    case 'noSuch':
      return '-';
    default:
      return unreachable(sight);
  }
}

function seenWords(patients: Within, days: Within | null): string {
  const beyond = `> ${MOST_PATIENTS}`;
  if (patients.half === null) return beyond;
  const words = `${rounded(patients.half)} (${patients.nineTenths === null ? beyond : rounded(patients.nineTenths)})`;
  if (days === null) return words;
  return `${words}, ${dayWords(days.half)} (${dayWords(days.nineTenths)})`;
}

/** `5.2d`, `3.4h`. */
function dayWords(days: number | null): string {
  if (days === null) return '-';
  return days < 1 ? `${rounded(24 * days)}h` : `${rounded(days)}d`;
}

function ruleWords({ rule, base }: PowerOfGate): string {
  const kept = `base ${rounded(100 * base)}%`;
  switch (rule.kind) {
    case 'comparison':
      return `not more than ${rounded(100 * rule.margin)} points below legacy, ${kept}`;
    case 'floor':
      return `at least ${rounded(100 * rule.atLeast)}% kept, ${kept}`;
    case 'zeroTolerance':
      return `${rule.missed} missed at most, ${kept}`;
    case 'latency': {
      const fast = `within ${formatDuration(rule.within)}`;
      return rule.margin === undefined
        ? `at least ${rounded(rule.percentile)}% ${fast}, ${kept}`
        : `${fast} not more than ${rounded(100 * rule.margin)} points below legacy, ${kept}`;
    }
    case 'ratio':
      return `${rule.event} at most ${rule.times} times as often as on legacy`;
    case 'capacity':
      return `${rounded(100 * (rule.load ?? 1))}% of what ${rule.team} can work on`;
    default:
      return unreachable(rule);
  }
}

function rounded(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0, useGrouping: false });
}
