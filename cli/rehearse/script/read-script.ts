import { expectation, explainIssue } from '../../../domain/plan/explain-issue';
import type { Fault, Placed, PlanProblem } from '../../../domain/plan/plan-problem';
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
  const faults: Fault[] = parsed.success
    ? [...checkScript(parsed.data, plan)]
    : parsed.error.issues.flatMap((issue) => explainIssue(issue, scriptSchema, value));
  const all = [...problems, ...faults.map(place).map(said)];
  if (!parsed.success || all.length > 0) throw badScript(file, all);
  return parsed.data;
}

/** What is said of a script: plans alone are found fault with by code. */
type ScriptProblem = Pick<PlanProblem, 'line' | 'column' | 'path' | 'message'>;

function said({ message, ...placed }: Placed<Fault>): ScriptProblem {
  return { ...placed, message: typeof message === 'string' ? message : message() };
}

function badScript(file: string, problems: readonly ScriptProblem[]): Error {
  const sorted = [...problems].sort((left, right) => left.line - right.line || left.column - right.column);
  return cannotRehearse(
    'bad-script',
    'The script cannot be played. Mend each line that is named, then try again.',
    sorted.map(({ line, column, path, message }) =>
      [`${file}:${line}:${column}`, path, message].filter((part) => part !== '').join('  '),
    ),
  );
}
