import type { PlanProblem } from '../../domain/plan/plan-problem';
import type { LintResult } from './lint-plan';

/** A lint's result for people: a line each, as editors and terminals know to jump to it. */
export function lintScreen(file: string, result: LintResult): string {
  const problems = result.problems.map((problem) => line(file, problem, problem.message));
  const warnings = result.warnings.map((warning) => line(file, warning, `warning: ${warning.message}`));
  if (!result.ok) return [...problems, ...warnings].join('\n');
  const filled = result.filled.map((part) => line(file, part, `filled in: ${part.what.join(', ')}`));
  const printed = filled.length === 0 ? [] : ["Add '--show-defaults' to print the plan with all of that written out."];
  const declared = result.notCarriedOut.map((part) => line(file, part, part.message));
  return [
    ...warnings,
    ...filled,
    ...declared,
    `The plan is good. ${result.migration}, hash ${result.hash}`,
    ...printed,
  ].join('\n');
}

function line(file: string, at: Pick<PlanProblem, 'line' | 'column' | 'path'>, text: string): string {
  return [`${file}:${at.line}:${at.column}`, at.path, text].filter((part) => part !== '').join('  ');
}
