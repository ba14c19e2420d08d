import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import type { LintResult } from './lint-plan';

/** What a command ends with that was given a bad plan: `bad-plan`. */
export function badPlan({ problems }: LintResult, listed: readonly unknown[] = []): CliFailure {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new CliFailure(
    'bad-plan',
    EXIT.refused,
    `The plan has ${count}. Mend what is listed, then lint again.`,
    listed,
  );
}
