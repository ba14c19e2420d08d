import type { PlanPhase, RollbackScope } from '../plan/plan-schema';

/**
 * Whether a rollback of this scope may bring people back or let them wait, so that the split is shut for placements until that is done.
 * `byHand`: a person asked for everyone of one cohort who may come back, whatever the plan says of them.
 */
export function reachesPeople(phase: PlanPhase, scope: RollbackScope, byHand = false): boolean {
  // One step back moves nobody: the step before is where they may stay.
  if (scope === 'step') return false;
  const { otherwise, milestones, queue } = phase.inFlight;
  if (byHand) return scope === 'cohort' && queue !== undefined;
  return otherwise !== 'finish' || milestones.some(({ policy }) => policy !== 'finish');
}
