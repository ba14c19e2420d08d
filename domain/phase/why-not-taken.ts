import { unreachable } from '../unreachable';
import type { CohortRun } from './cohort-run';
import { rampOf, type PhaseRules } from './phase-rules';

/**
 * Why a cohort that is on its way cannot go by another version of the plan; undefined where it can. Where it stands is a number of a step: the
 * steps up to there must let the same through.
 */
export function whyNotTaken(
  run: CohortRun,
  now: Pick<PhaseRules, 'phase'>,
  newer: Pick<PhaseRules, 'phase'>,
): string | undefined {
  if (!isOnItsWay(run)) return undefined;
  const [ramp, other] = [rampOf(now, run.cohort), rampOf(newer, run.cohort)];
  const passed = run.step >= ramp.length ? Math.max(ramp.length, other.length) : run.step + 1;
  for (let step = 0; step < passed; step += 1) {
    const [was, is] = [ramp[step], other[step]];
    if (was?.share === is?.share && was?.perDay === is?.perDay && was?.maxOpen === is?.maxOpen) continue;
    return `Cohort ${run.cohort} is at step ${Math.min(run.step, ramp.length - 1) + 1} of its ramp: leave the steps up to there as they are.`;
  }
  return undefined;
}

function isOnItsWay({ status, step }: CohortRun): boolean {
  switch (status) {
    case 'awaitingOpening':
      return step >= 0;
    case 'preflight':
    case 'notReady':
    case 'awaitingGoNoGo':
    case 'committed':
    case 'committing':
    case 'takenOut':
    case 'rolledBack':
      return false;
    case 'awaitingStep':
    case 'shifting':
    case 'watching':
    case 'soaking':
    case 'awaitingCommit':
    case 'held':
    case 'paused':
    case 'rollingBack':
      return true;
    default:
      return unreachable(status);
  }
}
