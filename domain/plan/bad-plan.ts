import { DomainError } from '../domain-error';
import type { PlanProblem, WaivedProblem } from './plan-problem';

/** The plan cannot be used. Carries everything that is wrong with it, in the order of its lines. */
export class BadPlan extends DomainError {
  readonly code = 'bad-plan';
  readonly status = 400;

  constructor(
    readonly problems: readonly PlanProblem[],
    /** What deserves a look besides. */
    readonly warnings: readonly PlanProblem[] = [],
    /** What the plan waives. */
    readonly waived: readonly WaivedProblem[] = [],
  ) {
    super(
      problems.length === 1
        ? 'The plan has 1 problem. Mend it at the line that is named, then try again.'
        : `The plan has ${problems.length} problems. Mend each at the line that is named, then try again.`,
    );
  }
}
