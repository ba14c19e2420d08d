import { BadPlan } from '../../domain/plan/bad-plan';
import { loadPlan } from '../../domain/plan/load-plan';
import type { PlanProblem } from '../../domain/plan/plan-problem';

/** What `plan lint --json` prints. */
export type LintResult =
  | { ok: true; migration: string; hash: string; problems: []; warnings: PlanProblem[] }
  | { ok: false; hash: null; problems: readonly PlanProblem[]; warnings: readonly PlanProblem[] };

/** Judges a plan's text. */
export function lintPlan(text: string): LintResult {
  try {
    const { plan, hash, warnings } = loadPlan(text);
    return { ok: true, migration: plan.migration, hash, problems: [], warnings };
  } catch (error) {
    if (!(error instanceof BadPlan)) throw error;
    return { ok: false, hash: null, problems: error.problems, warnings: error.warnings };
  }
}
