import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { CohortEvent } from '../domain/phase/cohort-event';
import { phaseWorkflowId } from '../domain/phase/commands';
import { hasEnded } from '../domain/phase/cohort-run';
import { describePhase } from '../domain/phase/describe-phase';
import { ENGINE_VERSION, type PhaseRules } from '../domain/phase/phase-rules';
import { isGranted } from '../domain/phase/transition';
import { CohortRunner } from './cohort-runner';
import { genuine } from './genuine';
import type { PhaseInput, PhaseResult } from './input';
import { handleCommands } from './phase-commands';

/** What a phase of the journey declares as its own; the engine does the rest. */
export interface PhaseDefinition {
  kind: PhaseRules['phase']['kind'];
}

/** Makes a workflow type of a phase. */
export function definePhase(definition: PhaseDefinition): (input: PhaseInput) => Promise<PhaseResult> {
  return (input) => runPhase(definition, input);
}

async function runPhase(definition: PhaseDefinition, input: PhaseInput): Promise<PhaseResult> {
  const rules = genuine(input);
  if (workflowInfo().workflowId !== phaseWorkflowId(rules.migration, rules.phase.id)) {
    throw ApplicationFailure.nonRetryable('A phase runs under its own workflow id only.', 'wrong-workflow-id');
  }
  if (rules.engineVersion !== ENGINE_VERSION || rules.phase.kind !== definition.kind) {
    throw ApplicationFailure.nonRetryable(
      'This worker cannot run this phase: upgrade the workers, then reset the workflow.',
      'wrong-engine',
    );
  }
  const cohorts: CohortRunner[] = [];
  const onChange = (spread: CohortEvent | undefined): void => {
    if (spread !== undefined) for (const other of cohorts) other.apply(spread);
    commitWhenAllAreReady(cohorts);
    setCurrentDetails(
      describePhase(
        cohorts.map(({ run }) => run),
        rules,
      ),
    );
  };
  cohorts.push(...rules.phase.cohorts.map(({ id }) => new CohortRunner(id, rules, onChange)));
  handleCommands(cohorts, rules);

  try {
    await Promise.all(cohorts.map((cohort) => cohort.drive()));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // A cancelled phase leaves nobody behind on a split that no one looks after.
    await CancellationScope.nonCancellable(async () => {
      for (const cohort of cohorts) cohort.apply({ kind: 'cancelled' });
      await Promise.all(cohorts.map((cohort) => cohort.drive()));
    });
    throw error;
  }
  await condition(allHandlersFinished);
  const committed = cohorts.some(({ run }) => run.status === 'committed');
  return { phase: rules.phase.id, outcome: committed ? 'committed' : 'takenOut' };
}

/** A phase commits as a whole: when each cohort was approved to, or was taken out by name. */
function commitWhenAllAreReady(cohorts: readonly CohortRunner[]): void {
  const ready = cohorts.filter(({ run }) => run.status === 'awaitingCommit' && isGranted(run.request));
  const others = cohorts.filter((cohort) => !ready.includes(cohort));
  if (ready.length === 0 || !others.every(({ run }) => run.status === 'committing' || hasEnded(run))) return;
  for (const cohort of ready) cohort.apply({ kind: 'commitNow' });
}
