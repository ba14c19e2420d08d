import type { PlanProblem } from '../../domain/plan/plan-problem';
import type { LintResult } from './lint-plan';

/** A lint's result for people: a line each, as editors and terminals know to jump to it. */
export function lintScreen(file: string, result: LintResult): string {
  const problems = result.problems.map((problem) => problemLine(file, problem));
  const warnings = result.warnings.map((warning) => problemLine(file, warning, 'warning: '));
  const verdict = result.ok ? [`The plan is good. ${result.migration}, hash ${result.hash}`] : [];
  return [...problems, ...warnings, ...verdict].join('\n');
}

function problemLine(file: string, { line, column, path, message }: PlanProblem, kind = ''): string {
  return [`${file}:${line}:${column}`, path, `${kind}${message}`].filter((part) => part !== '').join('  ');
}
