import type { Draft } from '../draft';
import type { PlanCohort, PlanPhase, RampStep } from '../plan-schema';
import { readable } from '../rules/rule';
import { BUCKETS } from '../schema/values';

/** How many of each cohort that a ramp moves arrive a day: as is said, or at most, where only the phase's volume is. */
export function* cohortVolumes({ volume, cohorts }: Draft<PlanPhase>): Generator<[Draft<PlanCohort>, number]> {
  const said = saidOf(cohorts);
  for (const [, cohort] of readable(cohorts)) {
    const most = cohort.volume ?? (volume === undefined ? 0 : volume - said);
    if (most > 0 && !Object.hasOwn(cohort, 'staysOnLegacy')) yield [cohort, most];
  }
}

/** How many arrive a day whom a phase moves in the end. */
export function movedADay({ volume, cohorts }: Draft<PlanPhase>): number {
  const moved = [...readable(cohorts)].filter(([, cohort]) => !Object.hasOwn(cohort, 'staysOnLegacy'));
  const said = moved.reduce((sum, [, cohort]) => sum + (cohort.volume ?? 0), 0);
  return volume === undefined ? said : volume - (saidOf(cohorts) - said);
}

/** How many a day a step lets to target, of so many who arrive. */
export function arrivalsOf({ share, perDay }: Draft<RampStep>, volume: number): number | undefined {
  if (share !== undefined) return (volume * share) / BUCKETS;
  return perDay === undefined ? undefined : Math.min(perDay, volume);
}

function saidOf(cohorts: Draft<PlanPhase>['cohorts']): number {
  return (cohorts ?? []).reduce((sum, cohort) => sum + (cohort?.volume ?? 0), 0);
}
