import { setTimeout as delay } from 'node:timers/promises';
import { temporal } from '@temporalio/proto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';

import EventType = temporal.api.enums.v1.EventType;

/** Time that stands still for so long, in looks one second apart, is taken for stuck. */
const LOOKS = 5;

const ACTIVITY_ENDS: ReadonlySet<EventType> = new Set([
  EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
  EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
  EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
  EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
]);

const TASK_ENDS: ReadonlySet<EventType> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
]);

/**
 * Lets the time-skipping server's time go on by so many milliseconds, as `env.sleep` does, which alone does not always come back: the server
 * (temporal-test-server 1.40.0) now and then holds its time for a task that has long ended, about once in a hundred runs of two phases.
 * A hold that stays although every open workflow does nothing but wait is taken off.
 */
export async function skipTime(env: TestWorkflowEnvironment, milliseconds: number): Promise<void> {
  const slept = new AbortController();
  const sleeping = env.sleep(milliseconds).finally(() => {
    slept.abort();
  });
  const freeing = freeTime(env, slept.signal);
  await Promise.all([sleeping, freeing]);
}

async function freeTime(env: TestWorkflowEnvironment, slept: AbortSignal): Promise<void> {
  let stood = await standOf(env);
  let looks = 0;
  for (;;) {
    await delay(1_000, undefined, { signal: slept }).catch(() => undefined);
    if (slept.aborted) return;
    const stands = await standOf(env);
    looks = stands.idle && stands.at === stood.at ? looks + 1 : 0;
    stood = stands;
    if (looks < LOOKS) continue;
    looks = 0;
    await env.connection.testService?.unlockTimeSkipping({});
  }
}

/** How far every open workflow has come, and whether each only waits. */
async function standOf(env: TestWorkflowEnvironment): Promise<{ at: string; idle: boolean }> {
  const { workflowService } = env.connection;
  const { namespace } = env.client.options;
  const { executions } = await workflowService.listOpenWorkflowExecutions({ namespace, maximumPageSize: 100 });
  const stands = await Promise.all(
    executions.map(async ({ execution }) => {
      const { history } = await workflowService.getWorkflowExecutionHistory({ namespace, execution });
      const types = (history?.events ?? []).map(({ eventType }) => eventType as EventType | undefined);
      const activities = types.filter((type) => type === EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED).length;
      const ended = types.filter((type) => type !== undefined && ACTIVITY_ENDS.has(type)).length;
      const tasks = types.filter((type) => type === EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED).length;
      const answered = types.filter((type) => type !== undefined && TASK_ENDS.has(type)).length;
      return { at: `${execution?.runId ?? ''}:${types.length}`, idle: activities === ended && tasks === answered };
    }),
  );
  return { at: stands.map(({ at }) => at).join(' '), idle: stands.every(({ idle }) => idle) };
}
