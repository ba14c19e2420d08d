import type { PlanPhase, RollbackScope } from '../plan/plan-schema';

/** Whether a rollback of this scope may move people, so that the split is shut for placements until that is done. */
export function bringsPeopleBack(phase: PlanPhase, scope: RollbackScope): boolean {
  // One step back moves nobody: the step before is where they may stay.
  if (scope === 'step') return false;
  const { otherwise, milestones } = phase.inFlight;
  return otherwise === 'bringBack' || milestones.some(({ policy }) => policy === 'bringBack');
}
