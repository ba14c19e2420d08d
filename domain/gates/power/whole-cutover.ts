import type { Plan } from '../../plan/plan-schema';
import { FALSE_ROLLBACKS, falseRollbacksOf, testedOf } from '../false-rollbacks';

/** How often a cutover that is healthy throughout is rolled back somewhere, by chance. */
export interface WholeCutover {
  /** Cohorts that a phase with tested gates moves, counted in each such phase: so many first attempts. */
  attempts: number;
  /** What the plan allows of all of them together, at most: 0 to 1. However they hang together, the chance of any is no more than the sum. */
  falseRollbacks: number;
  /** What each phase would allow, for all of them together to be no more than one phase is unless it says otherwise. */
  each: number;
}

/** Undefined where no gate of the plan is tested. */
export function wholeCutover({ phases }: Pick<Plan, 'phases'>): WholeCutover | undefined {
  const tested = phases.filter((phase) => testedOf(phase) > 0);
  const moving = tested.map((phase) => ({
    cohorts: phase.cohorts.filter(({ staysOnLegacy }) => staysOnLegacy === undefined).length,
    allowed: falseRollbacksOf(phase),
  }));
  const attempts = moving.reduce((sum, { cohorts }) => sum + cohorts, 0);
  if (attempts === 0) return undefined;
  const sum = moving.reduce((before, { cohorts, allowed }) => before + cohorts * allowed, 0);
  return { attempts, falseRollbacks: Math.min(1, sum), each: FALSE_ROLLBACKS / attempts };
}
