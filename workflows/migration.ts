import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { migrationWorkflowId } from '../domain/phase/commands';
import { ENGINE_VERSION } from '../domain/phase/phase-rules';
import { genuine } from './genuine';
import type { MigrationInput, PhaseResult } from './input';
import { handleMigrationCommands } from './migration-commands';
import { handlePlanCommands } from './migration-plan';
import { MigrationRunner } from './migration-runner';
import { quick } from './phase-activity-proxies';

export interface MigrationResult {
  phases: PhaseResult[];
}

/**
 * One migration: its phases one after the other, each stable for its dwell before the next may start (R8). A phase that ends
 * without a commit ends the migration: nothing later may run ahead of it (I14).
 */
export async function migration(input: MigrationInput): Promise<MigrationResult> {
  if (input.engineVersion !== ENGINE_VERSION) {
    throw ApplicationFailure.nonRetryable(
      'This worker cannot run this migration: upgrade the workers, then reset the workflow.',
      'wrong-engine',
    );
  }
  const { migration: id, planHash, timeScale, startedBy } = genuine(input);
  if (workflowInfo().workflowId !== migrationWorkflowId(id)) {
    throw ApplicationFailure.nonRetryable('A migration runs under its own workflow id only.', 'wrong-workflow-id');
  }
  const runner = new MigrationRunner({ migration: id, planHash, timeScale, startedBy: startedBy.id, phases: [] });
  handleMigrationCommands(runner);
  handlePlanCommands(runner);
  try {
    await runner.load();
    const phases = await runner.drive();
    await condition(allHandlersFinished);
    await runner.settled();
    const outcome = phases.every((phase) => phase.outcome === 'committed') ? 'committed' : 'takenOut';
    await quick.endMigration({ migration: id, outcome });
    await runner.told();
    setCurrentDetails(`Ended: ${phases.map(({ phase, outcome: end }) => `${phase} ${end}`).join(', ')}`);
    return { phases };
  } catch (error) {
    // However it ends, it is over: stacks that ask for sides must not meet a migration that nobody runs.
    const outcome = isCancellation(error) ? 'cancelled' : 'failed';
    await CancellationScope.nonCancellable(async () => {
      await runner.settled();
      await quick.endMigration({ migration: id, outcome });
      await runner.told();
    });
    throw error;
  }
}
