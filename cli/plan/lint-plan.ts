import { BadPlan } from '../../domain/plan/bad-plan';
import { loadPlan, type FilledIn } from '../../domain/plan/load-plan';
import type { PlanProblem, WaivedProblem } from '../../domain/plan/plan-problem';
import type { Plan } from '../../domain/plan/plan-schema';
import { shippedTemplates } from '../../platform/shipped-templates';

/** What `plan lint --json` prints. */
export type LintResult =
  | {
      ok: true;
      migration: string;
      hash: string;
      problems: [];
      warnings: PlanProblem[];
      waived: WaivedProblem[];
      /** What the plan left to its kinds of phase and the built-in queues. */
      filled: FilledIn[];
      /** What it declares and this release does not act on. */
      notCarriedOut: PlanProblem[];
    }
  | {
      ok: false;
      hash: null;
      problems: readonly PlanProblem[];
      warnings: readonly PlanProblem[];
      waived: readonly WaivedProblem[];
    };

/** Judges a plan's text at a moment, in milliseconds; of a good one gives the plan as well. */
export function lintPlan(text: string, judgedAt: number): { result: LintResult; plan?: Plan } {
  try {
    const { plan, hash, warnings, waived, filled, notCarriedOut } = loadPlan(text, judgedAt, shippedTemplates());
    return {
      result: { ok: true, migration: plan.migration, hash, problems: [], warnings, waived, filled, notCarriedOut },
      plan,
    };
  } catch (error) {
    if (!(error instanceof BadPlan)) throw error;
    const { problems, warnings, waived } = error;
    return { result: { ok: false, hash: null, problems, warnings, waived } };
  }
}

/** Everything that was found, in the order of the plan's lines. */
export function findingsOf({ problems, warnings, waived }: LintResult): (PlanProblem | WaivedProblem)[] {
  return [...problems, ...warnings, ...waived].sort(
    (left, right) => left.line - right.line || left.column - right.column,
  );
}

/** What a good plan declares and this release does not act on: no failure, and nothing to rely on. */
export function declaredOnly(result: LintResult): readonly PlanProblem[] {
  return result.ok ? result.notCarriedOut : [];
}
