import type { Draft } from '../draft';
import type { PlanPath } from '../plan-problem';
import type { PlanPhase, RampStep } from '../plan-schema';
import { readable } from './rule';

/** Every ramp of a phase that could be read, with its path: the phase's own, and those of its cohorts. */
export function* rampsOf(
  phase: Draft<PlanPhase>,
  path: PlanPath,
): Generator<{ ramp: readonly (Draft<RampStep> | undefined)[]; path: PlanPath }> {
  if (phase.ramp !== undefined) yield { ramp: phase.ramp, path: [...path, 'ramp'] };
  for (const [index, { ramp }] of readable(phase.cohorts)) {
    if (ramp !== undefined) yield { ramp, path: [...path, 'cohorts', index, 'ramp'] };
  }
}
