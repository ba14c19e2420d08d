import { expectation, explainIssue } from '../../../domain/plan/explain-issue';
import type { Finding, PlanProblem } from '../../../domain/plan/plan-problem';
import type { Plan } from '../../../domain/plan/plan-schema';
import { readPlanText } from '../../../domain/plan/plan-text';
import { cannotRehearse } from '../rehearsal-failure';
import { checkScript } from './check-script';
import { scriptSchema, type Script } from './script-schema';

/**
 * Reads a rehearsal's script (YAML, or JSON) and judges whether it goes with the plan.
 * @throws CliFailure `bad-script` with every problem at once, each with line, column and what to write
 */
export function readScript(text: string, plan: Plan, file = 'script'): Script {
  const { value, problems, place } = readPlanText(text);
  if (value === undefined) throw badScript(file, problems);
  const parsed = scriptSchema.safeParse(value, { error: expectation });
  const findings: Finding[] = parsed.success
    ? [...checkScript(parsed.data, plan)]
    : parsed.error.issues.flatMap((issue) => explainIssue(issue, scriptSchema, value));
  const all = [...problems, ...findings.map(place).map(said)];
  if (!parsed.success || all.length > 0) throw badScript(file, all);
  return parsed.data;
}

function said(finding: ReturnType<ReturnType<typeof readPlanText>['place']>): PlanProblem {
  const { message } = finding;
  return { ...finding, message: typeof message === 'string' ? message : message() };
}

function badScript(file: string, problems: readonly PlanProblem[]): Error {
  const sorted = [...problems].sort((left, right) => left.line - right.line || left.column - right.column);
  return cannotRehearse(
    'bad-script',
    'The script cannot be played. Mend each line that is named, then try again.',
    sorted.map(({ line, column, path, message }) =>
      [`${file}:${line}:${column}`, path, message].filter((part) => part !== '').join('  '),
    ),
  );
}
