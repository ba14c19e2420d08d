import { unreachable } from '../../domain/unreachable';
import { lintEntry } from '../../domain/plan/lint/lint-catalogue';
import type { PlanProblem, WaivedProblem } from '../../domain/plan/plan-problem';
import { findingsOf, type LintResult } from './lint-plan';

/** A lint's result as GitHub Actions' workflow commands: each finding is shown at its line of the pull request. */
export function githubCommands(file: string, result: LintResult): string {
  return findingsOf(result)
    .map((finding) => {
      const properties = {
        file,
        line: finding.line,
        endLine: finding.line,
        col: finding.column,
        endColumn: finding.endColumn,
        title: `${finding.code}: ${lintEntry(finding.code).title}`,
      };
      const said = Object.entries(properties).map(([name, value]) => `${name}=${escapedProperty(String(value))}`);
      const where = finding.path === '' ? '' : `${finding.path}: `;
      return `::${commandOf(finding)} ${said.join(',')}::${escaped(`${where}${finding.message}`)}`;
    })
    .join('\n');
}

function commandOf({ severity }: PlanProblem | WaivedProblem): 'error' | 'warning' | 'notice' {
  switch (severity) {
    case 'error':
    case 'warning':
      return severity;
    case 'waived':
      return 'notice';
    default:
      return unreachable(severity);
  }
}

/** What ends a command or stands for something else in it. */
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
