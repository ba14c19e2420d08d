import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { exceptionClockId, LOOK_AGAIN } from '../domain/migration/exception-clock';
import type { Milliseconds } from '../domain/time/duration';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import type { Database } from '../store/database';
import {
  claimUntoldClocks,
  markClocksTold,
  recallClocksOfOtherPlans,
  recallLateClocks,
  type UntoldClock,
} from '../store/exception-clocks';
import { AtMost } from './at-most';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';

export interface ClockKeeperOptions {
  db: Database;
  client: Client;
  /** Where clocks run. */
  taskQueue: string;
  logger: Logger;
  /** Between two looks for cases that changed. */
  lookEvery?: Milliseconds;
  /** Between two looks for clocks that are late, or go by an older plan. */
  recallEvery?: Milliseconds;
}

const LOOK_EVERY: Milliseconds = 1_000;
/** Cases taken up at once, and how many of them are told to Temporal at a time. */
const CASES_AT_ONCE = 200;
const AT_A_TIME = 20;
const RECALL_EVERY: Milliseconds = 10_000;
const RECALLED_AT_ONCE = 500;

/**
 * I8: starts the clock of every case that was opened, and has it look again when its case changed, when its migration took another version of
 * the plan, or when its workflow seems gone. What there is to tell stands in Postgres until Temporal has taken it; any number of workers
 * may do it.
 */
export function startClockKeeper(options: ClockKeeperOptions): Repeating {
  const { db, logger, lookEvery = LOOK_EVERY, recallEvery = RECALL_EVERY } = options;
  const tell = repeatUntilStopped(
    async () => {
      const untold = await claimUntoldClocks(db, CASES_AT_ONCE);
      const told = await tellAll(options, untold);
      await markClocksTold(db, told);
      if (told.length < untold.length) throw new Error('Temporal did not take all of it');
      return untold.length < CASES_AT_ONCE ? lookEvery : 0;
    },
    (error) => {
      logger.warn({ failure: describeFailure(error) }, 'clocks of cases could not be told; trying again');
    },
  );
  const recall = repeatUntilStopped(
    async () => {
      const late = await recallLateClocks(db, RECALLED_AT_ONCE);
      if (late > 0) logger.warn({ cases: late }, 'clocks of cases were late; they are told to look again');
      const behind = await recallClocksOfOtherPlans(db, RECALLED_AT_ONCE);
      return late < RECALLED_AT_ONCE && behind < RECALLED_AT_ONCE ? recallEvery : LOOK_EVERY;
    },
    (error) => {
      logger.warn({ failure: describeFailure(error) }, 'late clocks of cases could not be looked for; trying again');
    },
  );
  return {
    stop: async () => {
      await Promise.all([tell.stop(), recall.stop()]);
    },
  };
}

/** Those that Temporal took. */
async function tellAll(
  { client, taskQueue }: ClockKeeperOptions,
  clocks: readonly UntoldClock[],
): Promise<UntoldClock[]> {
  const atMost = new AtMost(AT_A_TIME);
  const outcomes = await Promise.allSettled(
    clocks.map((clock) => atMost.run(() => tellOne(client, taskQueue, clock).then(() => clock))),
  );
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}

async function tellOne(
  client: Client,
  taskQueue: string,
  { migration, exception, running }: UntoldClock,
): Promise<void> {
  const workflowId = exceptionClockId(migration, exception);
  if (running) {
    await client.workflow.signalWithStart('exceptionClock', {
      ...{ workflowId, taskQueue, signal: LOOK_AGAIN, signalArgs: [] },
      args: [{ migration, exception }],
    });
    return;
  }
  try {
    await client.workflow.getHandle(workflowId).signal(LOOK_AGAIN);
  } catch (error) {
    // It has ended already, or never ran: the case was resolved before anybody came to start it.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
