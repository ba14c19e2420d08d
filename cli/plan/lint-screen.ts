import type { LintCode } from '../../domain/plan/lint/lint-catalogue';
import type { PlanProblem, WaivedProblem } from '../../domain/plan/plan-problem';
import { excerpt } from './excerpt';
import { declaredOnly, findingsOf, type LintResult } from './lint-plan';

/**
 * A lint's result for people, in the order of the plan's lines: each finding as compilers say it, so that editors and terminals jump
 * to it, with the line that it is about.
 */
export function lintScreen(file: string, result: LintResult, text: string): string {
  const lines = text.split('\n');
  const findings = findingsOf(result).flatMap((finding) => [
    line(file, finding, `${finding.severity}: ${finding.code}`, saidOf(finding)),
    ...excerpt(lines, finding),
  ]);
  if (!result.ok) return [...findings, counted(result)].join('\n');
  const filled = result.filled.map((part) => line(file, part, 'filled in', part.what.join(', ')));
  const printed = filled.length === 0 ? [] : ["Add '--show-defaults' to print the plan with all of that written out."];
  const declared = declaredOnly(result).map((part) => line(file, part, `not carried out: ${part.code}`, part.message));
  const others = findings.length === 0 ? [] : [counted(result)];
  const good = `The plan is good. ${result.migration}, hash ${result.hash}`;
  return [...findings, ...others, ...filled, ...declared, good, ...printed].join('\n');
}

function line(file: string, at: Pick<PlanProblem, 'line' | 'column' | 'path'>, kind: string, text: string): string {
  return [`${file}:${at.line}:${at.column}: ${kind}`, at.path, text].filter((part) => part !== '').join('  ');
}

/** Of what is waived, who answers for it and until when. */
function saidOf(finding: PlanProblem | WaivedProblem): string {
  if (finding.severity !== 'waived') return finding.message;
  const { approvedBy, expires, reason } = finding.waiver;
  return `${finding.message} Waived by ${approvedBy} until ${expires}: ${reason}`;
}

/** `2 errors, 1 warning. 'handoff plan explain WH525' says why it matters and what to write.` */
function counted(result: LintResult): string {
  const count = (number: number, one: string): string[] =>
    number === 0 ? [] : [`${number} ${one}${number === 1 ? '' : 's'}`];
  const counts = [
    ...count(result.problems.length, 'error'),
    ...count(result.warnings.length, 'warning'),
    ...(result.waived.length === 0 ? [] : [`${result.waived.length} waived`]),
  ];
  return `${counts.join(', ')}. 'handoff plan explain ${explained(result)}' says why it matters and what to write.`;
}

/** The code that is found most often among the worst, of several the one that stands first. */
function explained(result: LintResult): LintCode {
  const worst = [result.problems, result.warnings, result.waived].find((found) => found.length > 0) ?? [];
  const often = new Map<LintCode, number>();
  for (const { code } of worst) if (code !== 'WH000') often.set(code, (often.get(code) ?? 0) + 1);
  const [most] = [...often].sort(([, one], [, other]) => other - one);
  return most?.[0] ?? 'WH000';
}
