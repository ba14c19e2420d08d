import type { PlanPhase } from '../plan/plan-schema';

/** Whether those who reached this milestone last are past return, by it or by one before it. Never those who reached none. */
export function isPastReturn({ inFlight }: Pick<PlanPhase, 'inFlight'>, milestone: string | null): boolean {
  const { milestones } = inFlight;
  const at = milestones.findIndex(({ id }) => id === milestone);
  return milestones.slice(0, at + 1).some(({ pastReturn }) => pastReturn === true);
}
