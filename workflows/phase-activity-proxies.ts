import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { MigrationActivities, PhaseActivities, WatchActivities } from '../activities/phase-activities';

/** Until a worker that is silent about an activity of minutes counts as dead, and another takes it up: patients on target wait for that. */
const DIED_WITHIN = '15s';

/** Short ones. Where Postgres or the stacks are away they are repeated until they are back: intent is not lost. */
export const quick = proxyActivities<PhaseActivities & MigrationActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

/** Counts people, of whom there may be many. */
export const counting = proxyActivities<Pick<PhaseActivities, 'planRollback'>>({
  startToCloseTimeout: '10m',
  heartbeatTimeout: DIED_WITHIN,
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

/** Raising gives up after a while: a raise that comes late is worse than one that does not come. */
export const bounded = proxyActivities<Pick<PhaseActivities, 'shiftTraffic'>>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '2m',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

/** Telling people is tried for an hour and never holds anything up. */
export const telling = proxyActivities<Pick<PhaseActivities, 'tell'>>({
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '1h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** One of a rollback's actions: tried for a while, then reported; the others go on. */
export const mending = proxyActivities<
  Pick<PhaseActivities, 'executeRollbackAction'> & Pick<MigrationActivities, 'executeMigrationAction'>
>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: DIED_WITHIN,
  scheduleToCloseTimeout: '30m',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

/** Watches run for as long as a step does, on a task queue of their own. A worker that dies is missed within seconds. */
export function watching(): WatchActivities {
  return proxyActivities<WatchActivities>({
    taskQueue: `${workflowInfo().taskQueue}-watch`,
    startToCloseTimeout: '400 days',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '200ms', backoffCoefficient: 1.5, maximumInterval: '5s' },
  });
}
