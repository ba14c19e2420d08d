import { CancellationScope, defineSignal, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { PhaseReport } from '../domain/phase/commands';

/** What phases tell the migration that they are of. */
export const phaseReport = defineSignal<[PhaseReport]>('phaseReport');

/** Tells the migration; a phase that was started by itself, or whose migration has ended, tells nobody. Gives whether it was told. */
export async function reportToMigration(report: PhaseReport): Promise<boolean> {
  const { parent } = workflowInfo();
  if (parent === undefined) return false;
  return CancellationScope.nonCancellable(() =>
    getExternalWorkflowHandle(parent.workflowId).signal(phaseReport, report),
  ).then(
    () => true,
    () => false,
  );
}
