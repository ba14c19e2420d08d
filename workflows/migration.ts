import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { migrationWorkflowId, phaseWorkflowId } from '../domain/phase/commands';
import { ENGINE_VERSION } from '../domain/phase/phase-rules';
import { genuine } from './genuine';
import type { MigrationInput, PhaseInput, PhaseResult } from './input';
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
  const { migration: id } = genuine(input);
  if (workflowInfo().workflowId !== migrationWorkflowId(id)) {
    throw ApplicationFailure.nonRetryable('A migration runs under its own workflow id only.', 'wrong-workflow-id');
  }
  try {
    const phases = await runPhases(input);
    const outcome = phases.every((phase) => phase.outcome === 'committed') ? 'committed' : 'takenOut';
    await quick.endMigration({ migration: id, outcome });
    setCurrentDetails(`Ended: ${phases.map(({ phase, outcome: end }) => `${phase} ${end}`).join(', ')}`);
    return { phases };
  } catch (error) {
    // However it ends, it is over: stacks that ask for sides must not meet a migration that nobody runs.
    const outcome = isCancellation(error) ? 'cancelled' : 'failed';
    await CancellationScope.nonCancellable(() => quick.endMigration({ migration: id, outcome }));
    throw error;
  }
}

async function runPhases({ migration: id, timeScale }: MigrationInput): Promise<PhaseResult[]> {
  const phases = await quick.loadPhases({ migration: id });
  const results: PhaseResult[] = [];
  for (const [index, rules] of phases.entries()) {
    setCurrentDetails(`Phase ${index + 1} of ${phases.length}: **${rules.phase.id}**`);
    const result = await executeChild<(input: PhaseInput) => Promise<PhaseResult>>(`${rules.phase.kind}Phase`, {
      workflowId: phaseWorkflowId(id, rules.phase.id),
      args: [rules],
      // A cancelled migration cancels its phase, which lowers its splits before it ends.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    });
    results.push(result);
    if (result.outcome !== 'committed') break;
    if (index < phases.length - 1) {
      setCurrentDetails(`**${rules.phase.id}** is committed; the next phase starts when it was stable for its dwell.`);
      await sleep(rules.phase.dwell / timeScale);
    }
  }
  return results;
}
