import { unreachable } from '../../domain/unreachable';
import { lintEntry } from '../../domain/plan/lint/lint-catalogue';
import type { PlanProblem, WaivedProblem } from '../../domain/plan/plan-problem';
import { declaredOnly, findingsOf, type LintResult } from './lint-plan';

/** A lint's result as GitHub Actions' workflow commands: each finding, and what is declared only, is shown at its line of the pull request. */
export function githubCommands(file: string, result: LintResult): string {
  return [
    ...findingsOf(result).map((finding) => commandLine(file, commandOf(finding), finding)),
    ...declaredOnly(result).map((part) => commandLine(file, 'notice', part)),
  ].join('\n');
}

type Command = 'error' | 'warning' | 'notice';

function commandLine(file: string, command: Command, finding: PlanProblem | WaivedProblem): string {
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
  return `::${command} ${said.join(',')}::${escaped(`${where}${finding.message}`)}`;
}

function commandOf({ severity }: PlanProblem | WaivedProblem): Command {
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
