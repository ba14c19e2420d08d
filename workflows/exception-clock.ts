import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ClockActivities } from '../activities/queues/clock-activities';
import { exceptionClockId, LOOK_AGAIN } from '../domain/migration/exception-clock';
import { genuine } from './genuine';

/** Input of workflow type `exceptionClock`: a case by its number, and nothing of whose it is (I15). */
export interface ExceptionClockInput {
  migration: string;
  exception: string;
}

export const lookAgain = defineSignal(LOOK_AGAIN);

const clock = proxyActivities<ClockActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** Between two questions where the database's clock, which decides, is behind the one of timers; in milliseconds. */
const SOONEST = 100;
const LATEST = 30_000;
/** After a failure that is not repeated by itself: somebody mends it, and the clock must not be gone by then. */
const AFTER_FAILURE = 60_000;

/**
 * R30, I8: the clock of one case, from its opening until it is resolved. It only waits: what is due by when, and what was done, is found out
 * and written down by its activity under the case's lock. Whatever changes the case signals it to look again.
 */
export async function exceptionClock(input: ExceptionClockInput): Promise<void> {
  let changes = 0;
  // Carries nothing, so that nothing can be forged by it.
  setHandler(lookAgain, () => {
    changes += 1;
  });
  const { migration, exception } = genuine(input);
  if (workflowInfo().workflowId !== exceptionClockId(migration, exception)) {
    throw ApplicationFailure.nonRetryable(
      'The clock of a case runs under its own workflow id only.',
      'wrong-workflow-id',
    );
  }
  for (let again = SOONEST; ;) {
    const seen = changes;
    const isChanged = (): boolean => changes !== seen;
    try {
      const { over, nextAt } = genuine(await clock.advanceExceptionClock({ migration, exception }));
      if (isChanged()) continue;
      if (over) return;
      if (nextAt === null) {
        await condition(isChanged);
        continue;
      }
      const left = Date.parse(nextAt) - Date.now();
      again = left > again ? SOONEST : Math.min(again * 2, LATEST);
      await condition(isChanged, Math.max(again, left));
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (!(error instanceof ActivityFailure) && !(error instanceof ApplicationFailure)) throw error;
      await condition(isChanged, AFTER_FAILURE);
    }
  }
}
