import { countedRule } from '../../plan/counted-rule';
import type { PlanGate, PlanPhase, RampStep } from '../../plan/plan-schema';
import { BUCKETS } from '../../plan/schema/values';
import { arrivalsOf, cohortVolumes } from '../../plan/volume/cohort-volumes';
import { unreachable } from '../../unreachable';
import { GatePowers, type GatePower, type Question, type Traffic } from './gate-power';

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
  /** Kept rate of what is healthy, 0 to 1. */
  base: number;
  /** Whether the base is the floor that the plan has for the handoff, for want of another. */
  baseIsFloor: boolean;
  steps: StepPower[];
}

export interface PowerOptions extends Omit<Question, 'base'> {
  /** Kept rate of what is healthy; without, the highest floor that the phase has on the gate's handoff. */
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

/** The kept rate that a phase says of a gate's handoff: its highest floor; undefined where it has none. */
export function floorOf({ phase, gate }: GateInPhase): number | undefined {
  const floors = phase.gates.flatMap(({ handoff, rule }) =>
    handoff === gate.handoff && rule.kind === 'floor' ? [rule.atLeast] : [],
  );
  return floors.length === 0 ? undefined : Math.max(...floors);
}

/** Why nothing can be said of a gate, where that is so: it does not look at how many are kept. */
export function whyLeftOut({ gate: { rule } }: GateInPhase): string | undefined {
  switch (rule.kind) {
    case 'ratio':
      return `how often ${rule.event} comes is nothing that a plan says`;
    case 'capacity':
      return 'it looks at what is open, and no arrival crosses it';
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
    if (counted === undefined || counted.kind === 'ratio') return [];
    const base = options.base ?? floorOf({ phase, gate });
    if (base === undefined) throw new RangeError(`There is no kept rate for ${gate.id} of ${phase.id}: give one.`);
    const powers = byBase.get(base) ?? new GatePowers({ base, drops, alpha });
    byBase.set(base, powers);
    const power: PowerOfGate = {
      phase: phase.id,
      gate: gate.id,
      handoff: gate.handoff,
      ...{ rule: gate.rule, base, baseIsFloor: options.base === undefined },
      steps: stepsOf(phase, options).map((step) => ({ ...step, ...powers.of(counted, step) })),
    };
    return [power];
  });
}

type Step = Omit<StepPower, keyof GatePower>;

function stepsOf(phase: PlanPhase, { volume: given, share }: PowerOptions): Step[] {
  const volumes = new Map([...cohortVolumes(phase)].map(([{ id }, volume]) => [id, volume]));
  const alike = new Map<string, { cohorts: string[]; steps: Omit<Step, 'cohorts'>[] }>();
  for (const cohort of phase.cohorts) {
    if (cohort.staysOnLegacy !== undefined) continue;
    const volume = given ?? volumes.get(cohort.id) ?? null;
    const ramp = cohort.ramp ?? phase.ramp;
    const steps =
      share === undefined
        ? ramp.flatMap((step, index) => stepOf(step, index + 1, volume))
        : [{ step: null, share, volume, watch: watchOf(ramp, share, volume) }];
    const key = JSON.stringify(steps);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { cohorts: [cohort.id], steps });
    else known.cohorts.push(cohort.id);
  }
  return [...alike.values()].flatMap(({ cohorts, steps }) => steps.map((step) => ({ cohorts, ...step })));
}

/** A step by number a day is no share without a volume: it is left out. */
function stepOf(step: RampStep, number: number, volume: number | null): Omit<Step, 'cohorts'>[] {
  const share = shareOf(step, volume);
  return share === null ? [] : [{ step: number, share, volume, watch: step.watch }];
}

function shareOf(step: RampStep, volume: number | null): number | null {
  if (step.share !== undefined) return step.share / BUCKETS;
  const onTarget = volume === null ? undefined : arrivalsOf(step, volume);
  return onTarget === undefined || volume === null ? null : onTarget / volume;
}

function watchOf(ramp: readonly RampStep[], share: number, volume: number | null): number | null {
  return ramp.find((step) => shareOf(step, volume) === share)?.watch ?? null;
}
