import type { PlanPhase, RampStep, RollbackRule } from '../plan/plan-schema';
import type { Milliseconds } from '../time/duration';

/** Stable name of the state machine's behaviour. Workflows carry the version they started with. */
export const ENGINE_VERSION = 1;
/** The same with a calendar, which a worker of an earlier release would not keep: it refuses such a phase. */
export const CALENDAR_ENGINE_VERSION = 2;

/** Whether this release can run what a workflow was started for. */
export function isRunnable(engineVersion: number): boolean {
  return engineVersion === ENGINE_VERSION || engineVersion === CALENDAR_ENGINE_VERSION;
}

/** What the state machine of a cohort goes by: one version of the plan, from the start of a step to its end. */
export interface PhaseRules {
  engineVersion: number;
  migration: string;
  planHash: string;
  /** Actor who started the migration: never counts where four eyes are asked for. */
  startedBy: string;
  timeScale: number;
  phase: PlanPhase;
  rollbackRules: readonly RollbackRule[];
  /** The calendar in whose open hours it advances (R48); at any hour where there is none. */
  calendar?: string;
  /** A newer version, agreed on, that the cohort goes by from its next step on. */
  newer?: PhaseRules;
}

/** The steps that a cohort goes by: its own, or the phase's. Reads a phase of the plan as well as the rules made of one. */
export function rampOf({ phase }: Pick<PhaseRules, 'phase'>, cohort: string): readonly RampStep[] {
  return phase.cohorts.find(({ id }) => id === cohort)?.ramp ?? phase.ramp;
}

/** Share that a step gives to arrivals, in buckets: the soak's is the last step's. A number a day has the whole as its ceiling. */
export function shareOf(ramp: readonly RampStep[], step: number): number {
  const declared = stepAt(ramp, step);
  return declared === undefined ? 0 : (declared.share ?? WHOLE);
}

/** Whether a step lets more through than a share that arrivals are at, as a step or parked: a larger share, or more who may be open. A number a day has no share to compare with. */
export function raises(ramp: readonly RampStep[], from: { step: number; share: number }, step: number): boolean {
  if (from.share === 0) return true;
  const cap = (at: number): number => maxOpenOf(ramp, at) ?? Infinity;
  if (step > from.step && cap(step) > cap(from.step)) return true;
  if (perDayOf(ramp, from.step) !== null || perDayOf(ramp, step) !== null) return step > from.step;
  return shareOf(ramp, step) > from.share;
}

/** Units a day that a step lets through; null where it goes by share. */
export function perDayOf(ramp: readonly RampStep[], step: number): number | null {
  return stepAt(ramp, step)?.perDay ?? null;
}

/** Units that may be open on target at once; null for no such limit. */
export function maxOpenOf(ramp: readonly RampStep[], step: number): number | null {
  return stepAt(ramp, step)?.maxOpen ?? null;
}

/** How long a step is looked at, in wall-clock milliseconds. */
export function watchTimeOf(rules: PhaseRules, cohort: string, step: number): Milliseconds {
  const ramp = rampOf(rules, cohort);
  return (step >= ramp.length ? rules.phase.soak : (ramp[step]?.watch ?? 0)) / rules.timeScale;
}

/** All buckets (domain/plan: BUCKETS; repeated since workflows load nothing of the plan's schema). */
export const WHOLE = 100_000;

function stepAt(ramp: readonly RampStep[], step: number): RampStep | undefined {
  return step < 0 ? undefined : ramp[Math.min(step, ramp.length - 1)];
}
