import { checkCommand, type Refusal } from './check-command';
import type { CohortRun } from './cohort-run';
import type { Command, CommandName, RollbackCommand } from './commands';
import type { PhaseRules } from './phase-rules';

/** Which cohorts a command is for, and why it leaves the others alone. */
export interface Chosen {
  cohorts: string[];
  /** Set where there is none: the whole command is refused. */
  refusal?: Refusal;
  untouched: ({ cohort: string } & Refusal)[];
}

/** The workflow asks here before it acts, and the preview before it shows what would be done: so both mean the same cohorts (I12). */
export function chooseCohorts(
  runs: readonly CohortRun[],
  name: CommandName,
  command: Command,
  rules: PhaseRules,
  bySignal = false,
): Chosen {
  const named = command.cohort === undefined ? runs : runs.filter(({ cohort }) => cohort === command.cohort);
  if (named.length === 0) {
    return none(
      runs.length === 0
        ? { code: 'nothing-to-roll-back', message: 'This phase has not begun: nobody is being moved in it.' }
        : { code: 'unknown-cohort', message: "This phase has no such cohort. See 'handoff status'." },
    );
  }
  const scope = name === 'rollback' ? (command as RollbackCommand).scope : undefined;
  const whole = scope === 'phase' || scope === 'migration';
  if (whole && command.cohort !== undefined && !bySignal) {
    const message = `A rollback of the ${scope} takes every cohort. Leave --cohort out, or say --scope cohort.`;
    return none({ code: 'scope-mismatch', message });
  }
  const checked = named.map((run) => ({
    cohort: run.cohort,
    refusal: checkCommand(run, name, command, rules, bySignal),
  }));
  const untouched = checked.flatMap(({ cohort, refusal }) => (refusal === undefined ? [] : [{ cohort, ...refusal }]));
  const cohorts = checked.filter(({ refusal }) => refusal === undefined).map(({ cohort }) => cohort);
  const [first] = untouched;
  if (cohorts.length === 0 && first !== undefined) {
    return { cohorts, refusal: { code: first.code, message: first.message }, untouched };
  }
  if (scope !== undefined && !whole && cohorts.length > 1) {
    const message =
      'More than one cohort could be rolled back. Name one with --cohort, or roll the phase back with --scope phase.';
    return none({ code: 'cohort-needed', message });
  }
  return { cohorts, untouched };
}

function none(refusal: Refusal): Chosen {
  return { cohorts: [], refusal, untouched: [] };
}
