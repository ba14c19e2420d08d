import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { KindDeclaration } from '../domain/journey-kinds/kind-declaration';
import type { CohortEvent } from '../domain/phase/cohort-event';
import { phaseWorkflowId, type PhaseNotice } from '../domain/phase/commands';
import { describePhase } from '../domain/phase/describe-phase';
import { leftOut } from '../domain/phase/left-out';
import { isRunnable, type PhaseRules } from '../domain/phase/phase-rules';
import { CohortRunner } from './cohort-runner';
import { genuine } from './genuine';
import type { PhaseInput, PhaseResult } from './input';
import { PhaseCommit } from './commit-phase';
import { handleCommands } from './phase-commands';
import { handleNewPlans } from './phase-plan';
import { reportToMigration } from './report-to-migration';

/** Makes a workflow type of what is known of one part of the journey; the engine does the rest. */
export function definePhase(definition: KindDeclaration): (input: PhaseInput) => Promise<PhaseResult> {
  return (input) => runPhase(definition, input);
}

async function runPhase(definition: KindDeclaration, input: PhaseInput): Promise<PhaseResult> {
  let rules: PhaseRules = genuine(input);
  if (workflowInfo().workflowId !== phaseWorkflowId(rules.migration, rules.phase.id)) {
    throw ApplicationFailure.nonRetryable('A phase runs under its own workflow id only.', 'wrong-workflow-id');
  }
  if (!isRunnable(rules.engineVersion) || rules.phase.kind !== definition.kind) {
    throw ApplicationFailure.nonRetryable(
      'This worker cannot run this phase: upgrade the workers, then reset the workflow.',
      'wrong-engine',
    );
  }
  const cohorts: CohortRunner[] = [];
  const reports = new MigrationReports();
  const commit = new PhaseCommit(cohorts, () => rules);
  const onChange = (spread: CohortEvent | undefined): void => {
    reports.tellOf(spread);
    if (spread !== undefined) for (const other of cohorts) other.apply(spread);
    commit.look();
    setCurrentDetails(
      describePhase(
        cohorts.map(({ run }) => run),
        rules,
        definition.stages.map(({ id }) => id),
      ),
    );
  };
  const before = input.takenOutBefore;
  cohorts.push(
    ...rules.phase.cohorts.map(({ id }) => new CohortRunner(id, rules, onChange, leftOut(rules, id, before))),
  );
  handleCommands(cohorts, () => rules);
  handleNewPlans(cohorts, (newer) => {
    rules = newer;
  });

  try {
    await Promise.all(cohorts.map((cohort) => cohort.drive()));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // A cancelled phase leaves nobody behind on a split that no one looks after.
    await CancellationScope.nonCancellable(async () => {
      for (const cohort of cohorts) cohort.apply({ kind: 'cancelled' });
      await Promise.all(cohorts.map((cohort) => cohort.drive()));
      await reports.sent();
      await leaveTellings(cohorts);
    });
    throw error;
  }
  await condition(allHandlersFinished);
  await reports.sent();
  await CancellationScope.nonCancellable(() => leaveTellings(cohorts));
  const committed = cohorts.some(({ run }) => run.status === 'committed');
  const takenOut = cohorts.filter(({ run }) => run.status === 'takenOut').map(({ cohort }) => cohort);
  return { phase: rules.phase.id, outcome: committed ? 'committed' : 'takenOut', takenOut };
}

/** Tells the migration where a gate, or somebody who spoke to this phase alone, took all of it back. Once for each rollback. */
class MigrationReports {
  private readonly known = new Set<CohortEvent>();
  private readonly sending: Promise<boolean>[] = [];

  tellOf(spread: CohortEvent | undefined): void {
    if (spread?.kind !== 'rollback' || spread.scope !== 'migration' || spread.handedOn === true) return;
    if (this.known.has(spread)) return;
    this.known.add(spread);
    const { by, verified, because, reason } = spread;
    this.sending.push(reportToMigration({ kind: 'migrationRolledBack', by, verified, because: reason ?? because }));
  }

  async sent(): Promise<void> {
    await Promise.all(this.sending);
  }
}

/**
 * What people could not be told by now would be lost with this workflow: its activities end with it. The migration goes on telling
 * it, so that a notifier that is away holds no phase up. Only a phase that belongs to none, for which nobody waits, stays itself.
 */
async function leaveTellings(cohorts: readonly CohortRunner[]): Promise<void> {
  const untold = (): PhaseNotice[] => cohorts.flatMap((cohort) => cohort.untold);
  const told = (): boolean => untold().length === 0;
  // Most are just on their way.
  if (told() || (await condition(told, '2s'))) return;
  if (!(await reportToMigration({ kind: 'untold', notices: untold() }))) await condition(told);
}
