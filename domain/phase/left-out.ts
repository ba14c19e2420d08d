import type { CohortEvent } from './cohort-event';
import type { PhaseRules } from './phase-rules';

/** A cohort that an earlier phase ended without. */
export interface TakenOutBefore {
  cohort: string;
  /** The earlier phase. */
  phase: string;
}

/**
 * Why nobody of a cohort is moved by this phase, before anything else happens to it; `undefined` where they are. A cohort that an
 * earlier phase ended without comes first: a later phase never runs ahead of it (I14), whatever its own declaration says.
 */
export function leftOut(
  { phase }: Pick<PhaseRules, 'phase'>,
  cohort: string,
  before: readonly TakenOutBefore[],
): Extract<CohortEvent, { kind: 'leftOut' }> | undefined {
  const earlier = before.find((one) => one.cohort === cohort);
  if (earlier !== undefined) return { kind: 'leftOut', earlierPhase: earlier.phase };
  const reason = phase.cohorts.find(({ id }) => id === cohort)?.staysOnLegacy;
  return reason === undefined ? undefined : { kind: 'leftOut', reason };
}
