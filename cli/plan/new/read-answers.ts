import { expectation, explainIssue } from '../../../domain/plan/explain-issue';
import type { Fault, Finding, Placed } from '../../../domain/plan/plan-problem';
import { readPlanText } from '../../../domain/plan/plan-text';
import { CliFailure } from '../../cli-failure';
import { EXIT } from '../../exit-codes';
import { answersSchema, type Answers } from './answers-schema';

/**
 * Reads answers that were given in a file (YAML, or JSON).
 *
 * @throws CliFailure `bad-answers` with every problem at once, each with line, column and what to write
 */
export function readAnswers(text: string): Answers {
  const { value, problems, place } = readPlanText(text);
  const parsed = value === undefined ? undefined : answersSchema.safeParse(value, { error: expectation });
  const found = (parsed?.error?.issues ?? []).flatMap((issue) => explainIssue(issue, answersSchema, value));
  const all = [...problems.map(ofAnswers), ...oncePerPath(found).map(place).map(said)];
  if (parsed?.success !== true || all.length > 0) {
    const message = 'The answers cannot be used. Mend each line that is named, then try again.';
    throw new CliFailure('bad-answers', EXIT.refused, message, all);
  }
  return parsed.data;
}

/** Of several things of one kind against one answer the last says it all: the first bounds of a number are the machine's. */
function oncePerPath(found: readonly Finding[]): Finding[] {
  return [...new Map(found.map((one) => [JSON.stringify([one.path, one.code]), one])).values()];
}

/** The reader of YAML speaks of a plan. What stands in quotes was written by somebody, and stays. */
function ofAnswers<Problem extends { message: string }>(problem: Problem): Problem {
  const message = problem.message.replaceAll(/'[^']*'|\bplan\b/g, (word) =>
    word === 'plan' ? 'file of answers' : word,
  );
  return { ...problem, message };
}

function said({ message, ...placed }: Placed<Fault>): object {
  return { ...placed, message: typeof message === 'string' ? message : message() };
}
