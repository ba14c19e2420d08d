import { raises, shareOf } from '../../phase/phase-rules';
import type { Milliseconds } from '../../time/duration';
import { countedRule } from '../counted-rule';
import type { ApprovalRule, PlanCohort, PlanPhase, RampStep } from '../plan-schema';
import { arrivalsOf } from '../volume/cohort-volumes';
import { timeToDecide, watchedSteps } from '../volume/watched-steps';
import { type Amount, UNKNOWN } from './amount';
import { later, type Opening } from './openings';

/** A step of a cohort at the earliest. */
export interface StepSchedule {
  /** Counted from 1. */
  number: number;
  /** Of those who arrive, in buckets (see BUCKETS); null where it goes by number a day. */
  share: number | null;
  perDay: number | null;
  maxOpen: number | null;
  /** When the one before is over, and whoever has to approve is asked. */
  asked: Date | null;
  begins: Date | null;
  watch: Milliseconds;
  /** When the watch is over and its gates have enough outcomes, at the volume that is expected. */
  ends: Date | null;
  /** The gate that it takes longer than the watch to decide, at best; null where there is none. `takes` is null where it never decides. */
  waitsFor: { gate: string; takes: Milliseconds | null } | null;
  /** A day, on target. */
  aDay: Amount;
  /** Whether that is fewer than in the step before. */
  fewer: boolean;
  approval: ApprovalRule | null;
  checks: NonNullable<RampStep['checks']>;
}

/** A cohort at the earliest. */
export interface CohortSchedule {
  cohort: string;
  /** Why nobody of it is moved by the ramp. */
  staysOnLegacy: string | null;
  /** Arrivals a day, on both sides. */
  volume: Amount;
  steps: StepSchedule[];
  soaks: Date | null;
  soaked: Date | null;
}

/** @param from when the phase may begin */
export function scheduleCohort(
  phase: PlanPhase,
  cohort: PlanCohort,
  opening: Opening,
  from: Date | null,
): CohortSchedule {
  const volume = volumeOf(phase, cohort);
  const { id, staysOnLegacy } = cohort;
  if (staysOnLegacy !== undefined) {
    return { cohort: id, staysOnLegacy, volume, steps: [], soaks: null, soaked: null };
  }
  const waits = waitsOf(phase, id);
  const steps: StepSchedule[] = [];
  let asked = from;
  const ramp = cohort.ramp ?? phase.ramp;
  for (const [index, step] of ramp.entries()) {
    // As the engine has it: what lets nobody more through is no advance, and waits for nothing.
    const before = { step: index - 1, share: shareOf(ramp, index - 1) };
    const begins = raises(ramp, before, index) ? opening(asked) : asked;
    const wait = waits.get(index + 1);
    const waitsFor = wait !== undefined && wait.takes > step.watch ? wait : undefined;
    const ends = later(begins, waitsFor?.takes ?? step.watch);
    const aDay = aDayOf(step, volume);
    steps.push({
      number: index + 1,
      share: step.share ?? null,
      perDay: step.perDay ?? null,
      maxOpen: step.maxOpen ?? null,
      asked,
      begins,
      watch: step.watch,
      ends,
      waitsFor:
        waitsFor === undefined
          ? null
          : { gate: waitsFor.gate, takes: Number.isFinite(waitsFor.takes) ? waitsFor.takes : null },
      aDay,
      fewer: aDay.kind !== 'unknown' && aDay.count < (steps.at(-1)?.aDay.count ?? 0),
      approval: step.approval ?? null,
      checks: step.checks ?? [],
    });
    asked = ends;
  }
  // The split stays where it is: a soak begins by itself, at any hour.
  return { cohort: id, staysOnLegacy: null, volume, steps, soaks: asked, soaked: later(asked, phase.soak) };
}

/** The gate that takes longest to have enough outcomes, by number of the step. It has one for each arrival at best, as lint counts them. */
function waitsOf(phase: PlanPhase, cohort: string): Map<number, { gate: string; takes: Milliseconds }> {
  const longest = new Map<number, { gate: string; takes: Milliseconds }>();
  for (const { id: gate, rule, source } of phase.gates) {
    const counted = countedRule(rule);
    if (counted === undefined) continue;
    for (const step of watchedSteps(phase, counted, source)) {
      const takes = timeToDecide(counted, step);
      if (step.cohort === cohort && takes > (longest.get(step.number)?.takes ?? 0)) {
        longest.set(step.number, { gate, takes });
      }
    }
  }
  return longest;
}

function volumeOf({ volume, cohorts }: PlanPhase, cohort: PlanCohort): Amount {
  if (cohort.volume !== undefined) return { kind: 'expected', count: cohort.volume };
  const said = cohorts.reduce((sum, one) => sum + (one.volume ?? 0), 0);
  return volume === undefined ? UNKNOWN : { kind: 'atMost', count: Math.max(0, volume - said) };
}

function aDayOf(step: RampStep, volume: Amount): Amount {
  if (volume.kind === 'unknown') return step.perDay === undefined ? UNKNOWN : { kind: 'atMost', count: step.perDay };
  return { kind: volume.kind, count: arrivalsOf(step, volume.count) ?? 0 };
}
