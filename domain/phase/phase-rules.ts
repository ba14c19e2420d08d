import type { PlanPhase, RollbackRule } from '../plan/plan-schema';
import type { Milliseconds } from '../time/duration';

/** Stable name of the state machine's behaviour. Workflows carry the version they started with. */
export const ENGINE_VERSION = 1;

/** What the state machine of a cohort goes by: fixed when the phase starts. */
export interface PhaseRules {
  engineVersion: number;
  migration: string;
  planHash: string;
  /** Actor who started the migration: never counts where four eyes are asked for. */
  startedBy: string;
  timeScale: number;
  phase: PlanPhase;
  rollbackRules: readonly RollbackRule[];
}

/** Share that a step gives to arrivals, in buckets: the soak's is the last step's. A number a day has the whole as its ceiling. */
export function shareOf(rules: PhaseRules, step: number): number {
  const declared = stepAt(rules, step);
  return declared === undefined ? 0 : (declared.share ?? WHOLE);
}

/** Units a day that a step lets through; null where it goes by share. */
export function perDayOf(rules: PhaseRules, step: number): number | null {
  return stepAt(rules, step)?.perDay ?? null;
}

/** How long a step is looked at, in wall-clock milliseconds. */
export function watchTimeOf(rules: PhaseRules, step: number): Milliseconds {
  const { ramp, soak } = rules.phase;
  return (step >= ramp.length ? soak : (ramp[step]?.watch ?? 0)) / rules.timeScale;
}

/** All buckets (domain/plan: BUCKETS; repeated since workflows load nothing of the plan's schema). */
export const WHOLE = 100_000;

function stepAt(rules: PhaseRules, step: number): PlanPhase['ramp'][number] | undefined {
  if (step < 0) return undefined;
  return rules.phase.ramp[Math.min(step, rules.phase.ramp.length - 1)];
}
