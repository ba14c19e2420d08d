import { BadPlan } from '../../domain/plan/bad-plan';
import { loadPlan, type FilledIn } from '../../domain/plan/load-plan';
import type { PlanProblem } from '../../domain/plan/plan-problem';
import type { Plan } from '../../domain/plan/plan-schema';

/** What `plan lint --json` prints. */
export type LintResult =
  | {
      ok: true;
      migration: string;
      hash: string;
      problems: [];
      warnings: PlanProblem[];
      /** What the plan left to its kinds of phase and the built-in queues. */
      filled: FilledIn[];
      /** What it declares and this release does not act on. */
      notCarriedOut: PlanProblem[];
    }
  | { ok: false; hash: null; problems: readonly PlanProblem[]; warnings: readonly PlanProblem[] };

/** Judges a plan's text; of a good one gives the plan as well. */
export function lintPlan(text: string): { result: LintResult; plan?: Plan } {
  try {
    const { plan, hash, warnings, filled, notCarriedOut } = loadPlan(text);
    return {
      result: { ok: true, migration: plan.migration, hash, problems: [], warnings, filled, notCarriedOut },
      plan,
    };
  } catch (error) {
    if (!(error instanceof BadPlan)) throw error;
    return { result: { ok: false, hash: null, problems: error.problems, warnings: error.warnings } };
  }
}

/** Everything that was found, in the order of the plan's lines. */
export function findingsOf({ problems, warnings }: LintResult): PlanProblem[] {
  return [...problems, ...warnings].sort((left, right) => left.line - right.line || left.column - right.column);
}
