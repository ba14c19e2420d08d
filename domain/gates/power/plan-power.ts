import { countedRule } from '../../plan/counted-rule';
import type { PlanGate, PlanPhase, RampStep } from '../../plan/plan-schema';
import { BUCKETS } from '../../plan/schema/values';
import { arrivalsOf, cohortVolumes } from '../../plan/volume/cohort-volumes';
import { percentWords } from '../../plan/words/percent-words';
import type { SyntheticSource } from '../../synthetic/synthetic-run';
import { formatDuration, type Milliseconds } from '../../time/duration';
import { unreachable } from '../../unreachable';
import { falseRollbacksOf, testedOf } from '../false-rollbacks';
import { isTested } from '../sequential/rule-of-plan';
import { GatePowers, type GatePower, type Question, type Traffic } from './gate-power';

const DAY: Milliseconds = 86_400_000;

/** A step of a ramp; the cohorts that have it alike, at the same volume, are one. */
export interface StepPower extends Traffic, GatePower {
  cohorts: string[];
  /** Counted from 1; null: no step of the ramp, the share was given. */
  step: number | null;
}

export interface PowerOfGate {
  phase: string;
  gate: string;
  handoff: string;
  rule: PlanGate['rule'];
  /** Between two runs of a synthetic patient, which are what is counted then, on each side, at any share; null: patients are. */
  every: Milliseconds | null;
  /** Live: its part of what its phase allows in false rollbacks, which its tested gates share. null where no test judges it. */
  liveAlpha: number | null;
  /** Kept rate of what is healthy, 0 to 1. */
  base: number;
  /** Whether the base is the floor that the plan has for the handoff, for want of another. */
  baseIsFloor: boolean;
  steps: StepPower[];
}

export interface PowerOptions extends Omit<Question, 'base'> {
  /** Kept rate of what is healthy; without, the highest floor that the phase has on the gate's handoff, and 1 of synthetic patients. */
  base?: number;
  /** Arrivals of each cohort a day, in place of the plan's. */
  volume?: number;
  /** Of arrivals that goes to target, in place of the ramp's steps. */
  share?: number;
}

export interface GateInPhase {
  phase: PlanPhase;
  gate: PlanGate;
}

/** The kept rate that a phase says of a gate's handoff: its highest floor, and all of what is healthy where synthetic patients go; undefined where it has none. */
export function baseOf({ phase, gate }: GateInPhase): number | undefined {
  if (gate.source?.kind === 'synthetic') return 1;
  const floors = phase.gates.flatMap(({ handoff, rule }) =>
    handoff === gate.handoff && rule.kind === 'floor' ? [rule.atLeast] : [],
  );
  return floors.length === 0 ? undefined : Math.max(...floors);
}

/** Why nothing can be said of a gate, where that is so: it does not look at how many are kept. */
export function whyLeftOut({ gate: { rule, handoff } }: GateInPhase): string | undefined {
  switch (rule.kind) {
    case 'ratio':
      return `how often ${rule.event} comes is nothing that a plan says`;
    case 'slowerThanLegacy':
      return "how long legacy takes is nothing that a plan says; 'handoff backtest' plays it over a log";
    case 'capacity':
      return (
        `a capacity is no statistic: it compares how many of ${handoff} are open, on both sides together, with ${percentWords(rule.load ?? 1)} of what ${rule.team}'s people on duty can work on, ` +
        `and is crossed once that is exceeded for ${formatDuration(rule.during)} without a break. That depends on how fast cases come and are closed, so no number of patients or days shows it`
      );
    case 'floor':
    case 'comparison':
    case 'zeroTolerance':
    case 'latency':
      return undefined;
    default:
      return unreachable(rule);
  }
}

/**
 * What gates of a plan see at its volume, step by step of its ramps; those of which nothing can be said are left out.
 * @throws RangeError where neither the options nor the plan say what is kept when all is well
 */
export function planPower(gates: readonly GateInPhase[], options: PowerOptions): PowerOfGate[] {
  const { drops, alpha } = options;
  const byBase = new Map<number, GatePowers>();
  return gates.flatMap(({ phase, gate }) => {
    const counted = countedRule(gate.rule);
    if (counted === undefined || counted.kind === 'ratio' || whyLeftOut({ phase, gate }) !== undefined) return [];
    const base = options.base ?? baseOf({ phase, gate });
    if (base === undefined) throw new RangeError(`There is no kept rate for ${gate.id} of ${phase.id}: give one.`);
    const powers = byBase.get(base) ?? new GatePowers({ base, drops, alpha });
    byBase.set(base, powers);
    const synthetic = gate.source?.kind === 'synthetic' ? gate.source : undefined;
    const steps = synthetic === undefined ? stepsOf(phase, options) : runsOf(phase, synthetic);
    const power: PowerOfGate = {
      phase: phase.id,
      gate: gate.id,
      handoff: gate.handoff,
      ...{ rule: gate.rule, every: synthetic?.every ?? null },
      liveAlpha: isTested(gate.rule) ? falseRollbacksOf(phase) / testedOf(phase) : null,
      ...{ base, baseIsFloor: options.base === undefined && synthetic === undefined },
      steps: steps.map((step) => ({ ...step, ...powers.of(counted, step) })),
    };
    return [power];
  });
}

type Step = Omit<StepPower, keyof GatePower>;
type StepOfCohort = Omit<Step, 'cohorts'>;

function stepsOf(phase: PlanPhase, { volume: given, share }: PowerOptions): Step[] {
  const volumes = new Map([...cohortVolumes(phase)].map(([{ id }, volume]) => [id, volume]));
  return byCohort(phase, (ramp, id) => {
    const volume = given ?? volumes.get(id) ?? null;
    if (share !== undefined) return [{ step: null, share, volume, watch: watchOf(ramp, share, volume), before: null }];
    return withBefore(ramp.flatMap((step, index) => stepOf(step, index + 1, volume)));
  });
}

/** A run goes through each side that is asked, whatever the split: on both sides together that is twice as many, half of them on target. */
function runsOf(phase: PlanPhase, { every, legacy }: SyntheticSource): Step[] {
  const sides = legacy === undefined ? 1 : 2;
  const runs = { share: 1 / sides, volume: (sides * DAY) / every };
  return byCohort(phase, (ramp) =>
    withBefore(ramp.map(({ watch }, index) => ({ ...runs, step: index + 1, watch, before: null }))),
  );
}

/** Cohorts whose steps are alike are one. */
function byCohort(phase: PlanPhase, of: (ramp: readonly RampStep[], cohort: string) => StepOfCohort[]): Step[] {
  const alike = new Map<string, { cohorts: string[]; steps: StepOfCohort[] }>();
  for (const cohort of phase.cohorts) {
    if (cohort.staysOnLegacy !== undefined) continue;
    const steps = of(cohort.ramp ?? phase.ramp, cohort.id);
    const key = JSON.stringify(steps);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { cohorts: [cohort.id], steps });
    else known.cohorts.push(cohort.id);
  }
  return [...alike.values()].flatMap(({ cohorts, steps }) => steps.map((step) => ({ cohorts, ...step })));
}

/** With who came to target in the steps before, while each was watched for as long as it is at least. */
function withBefore(steps: readonly StepOfCohort[]): StepOfCohort[] {
  let before: number | null = 0;
  return steps.map((step) => {
    const { share, volume, watch } = step;
    const own = { ...step, before };
    before = before === null || volume === null || watch === null ? null : before + (share * volume * watch) / DAY;
    return own;
  });
}

/** A step by number a day is no share without a volume: it is left out. */
function stepOf(step: RampStep, number: number, volume: number | null): StepOfCohort[] {
  const share = shareOf(step, volume);
  return share === null ? [] : [{ step: number, share, volume, watch: step.watch, before: null }];
}

function shareOf(step: RampStep, volume: number | null): number | null {
  if (step.share !== undefined) return step.share / BUCKETS;
  const onTarget = volume === null ? undefined : arrivalsOf(step, volume);
  return onTarget === undefined || volume === null ? null : onTarget / volume;
}

function watchOf(ramp: readonly RampStep[], share: number, volume: number | null): number | null {
  return ramp.find((step) => shareOf(step, volume) === share)?.watch ?? null;
}
