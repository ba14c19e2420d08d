import type { Fall, GatePower, Sight } from '../../domain/gates/power/gate-power';
import type { PowerOfGate, StepPower } from '../../domain/gates/power/plan-power';
import type { WholeCutover } from '../../domain/gates/power/whole-cutover';
import { RUNS } from '../../domain/gates/power/simulate-wait';
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
  /** Of the plan as a whole, where all of its gates were asked for. */
  cutover?: WholeCutover;
}

/** What is taken for granted, in one line. */
export function assumedOf(alpha: number, gates: readonly PowerOfGate[]): string {
  return (
    `Assumed: legacy and a healthy target keep ${keptBy(gates)}; target fails from its first patient on, at one share; one outcome an arrival, counted at its deadline, which comes on top; ` +
    `a look at each; alpha ${alpha}; ${RUNS.least} to ${RUNS.most} simulated runs, with a fixed seed.`
  );
}

function keptBy(gates: readonly PowerOfGate[]): string {
  const [synthetic, others] = [
    gates.filter(({ every }) => every !== null),
    gates.filter(({ every }) => every === null),
  ];
  const floor = "the floor that the plan has for the gate's handoff";
  const all = 'all runs of synthetic patients';
  if (gates.some(({ baseIsFloor }) => baseIsFloor)) return synthetic.length === 0 ? floor : `${floor}, and ${all}`;
  return others.length === 0 && synthetic.every(({ base }) => base === 1) ? all : '--base';
}

export function powerScreen({ alpha, assumed, gates, leftOut, cutover }: PowerResult): string {
  const powers = gates.flatMap((gate) => [
    `${gate.phase} / ${gate.gate}: ${ruleWords(gate)}`,
    ...(gate.every === null ? [] : [runWords(gate.every)]),
    ...liveWords(gate, alpha),
    gateTable(gate),
    '',
  ]);
  const told =
    gates.length === 0
      ? []
      : [
          assumed,
          'Patients on target, and how long, until it is seen: the middle of runs, and in brackets what nine in ten do not exceed.',
          '',
        ];
  const left = leftOut.map(({ phase, gate, why }) => `${phase} / ${gate}: left out, ${why}.`);
  return [...told, ...powers, ...left, ...(cutover === undefined ? [] : [cutoverWords(cutover)])].join('\n');
}

function cutoverWords({ attempts, falseRollbacks, each }: WholeCutover): string {
  const sum =
    falseRollbacks >= 1
      ? 'what the plan allows adds up to no bound'
      : `at most ${rounded(100 * falseRollbacks)}% of cutovers, by what the plan allows`;
  const wish = `for at most 5% over the whole cutover write 'falseRollbacks: ${fine(100 * each)}%' in each phase`;
  const where =
    attempts > 1 ? `somewhere by chance in one of ${attempts} first attempts` : 'by chance in its first attempt';
  return `A cutover that is healthy throughout, rolled back ${where}: ${sum}${attempts > 1 ? `; ${wish}` : ''}.`;
}

/** Down to two digits that count, so that it never allows more than was asked for. */
function fine(percent: number): string {
  const step = 10 ** (Math.floor(Math.log10(percent)) - 1);
  return (Math.floor(percent / step + 1e-9) * step).toLocaleString('en', { maximumSignificantDigits: 2 });
}

/** A gate that shares what its phase allows sees later than one that has all of alpha. */
function liveWords({ liveAlpha }: PowerOfGate, alpha: number): string[] {
  if (liveAlpha === null || Math.abs(liveAlpha - alpha) < 0.01 * liveAlpha) return [];
  const own = liveAlpha.toLocaleString('en', { maximumSignificantDigits: 3 });
  const than = liveAlpha < alpha ? 'later' : 'sooner';
  return [
    ` Live its part of its phase's false rollbacks is ${own}: it sees ${than} than this. Ask with --alpha ${own}.`,
  ];
}

/** Of a gate that counts no patients. */
function runWords(every: number): string {
  const each = `one run each ${formatDuration(every)}, ${rounded(HOUR / every)} an hour, at any share`;
  return ` Counted in runs of synthetic patients on target, in place of patients: ${each}; nobody is exposed. Arrivals, --volume and --share change nothing of it.`;
}

const HOUR = 3_600_000;

function gateTable({ steps, every }: PowerOfGate): string {
  const [first] = steps;
  if (first === undefined) return ' No step whose share is known: give --volume, or --share.';
  const headings = [
    'COHORT',
    'STEP',
    ...(every === null ? ['TO TARGET', '#A DAY'] : ['#RUNS A DAY']),
    ...first.falls.map(({ drop }) => (drop === null ? 'OUTAGE' : `${fallWords(drop)} POINTS`)),
  ];
  return table(
    [...headings, 'GOES ON', 'NOT SEEN WHILE WATCHED'],
    steps.map((step) => row(step, every !== null)),
  );
}

function row(power: StepPower, ofRuns: boolean): string[] {
  const { cohorts, step, share, volume, watch, falls, goingOn } = power;
  const aDay = volume === null ? '-' : rounded(volume);
  return [
    cohorts.join(', '),
    step === null ? '-' : String(step),
    ...(ofRuns ? [rounded((volume ?? 0) * share)] : [`${rounded(100 * share)}%`, aDay]),
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
      return seenWords(sight);
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

function seenWords({ patients, most, days }: Extract<Sight, { kind: 'seen' }>): string {
  const beyond = `> ${most}`;
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

/** Where the base itself is below the floor, all falls are from there. */
function belowWords(base: number, floor: number): string {
  return base < floor ? ', which is below it: even what keeps the base is rolled back in the end' : '';
}

function ruleWords({ rule, base }: PowerOfGate): string {
  const kept = `base ${rounded(100 * base)}%`;
  switch (rule.kind) {
    case 'comparison':
      return `not more than ${rounded(100 * rule.margin)} points below legacy, ${kept}`;
    case 'floor':
      return `at least ${rounded(100 * rule.atLeast)}% kept, ${kept}${belowWords(base, rule.atLeast)}`;
    case 'zeroTolerance':
      return `${rule.missed} missed at most${rule.ofFirst === undefined ? '' : ` of the first ${rule.ofFirst}`}, ${kept}`;
    case 'latency': {
      const fast = `within ${formatDuration(rule.within)}`;
      return rule.margin === undefined
        ? `at least ${rounded(rule.percentile)}% ${fast}, ${kept}${belowWords(base, rule.percentile / 100)}`
        : `${fast} not more than ${rounded(100 * rule.margin)} points below legacy, ${kept}`;
    }
    case 'slowerThanLegacy':
      return `within its p50, p90 and p99 not more than ${rounded(100 * rule.margin)} points below legacy, ${kept}`;
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
