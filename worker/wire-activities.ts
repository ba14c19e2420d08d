import { activityInfo } from '@temporalio/activity';
import { watchActivities } from '../activities/gates/watch-step';
import type { OnWatchFailure } from '../activities/gates/watch-failure';
import type { ControlProof } from '../activities/gates/control-proof';
import type { MetricSource } from '../activities/gates/metric-source';
import { PromptFigures } from '../activities/gates/prompt-figures';
import { readGates } from '../activities/gates/read-gates';
import { withHeartbeats } from '../activities/heartbeats';
import { findOpening } from '../activities/migration/find-opening';
import { migrationActivities } from '../activities/migration/migration-activities';
import { planChangeActivities } from '../activities/migration/plan-change-activities';
import { notifyActivities } from '../activities/notify/notify-activities';
import type { Notifier } from '../activities/notify/notifier';
import type { MigrationActivities, PhaseActivities, WatchActivities } from '../activities/phase-activities';
import { PlanReader } from '../activities/plan-reader';
import { HttpProbe } from '../activities/preflight/http-probe';
import { preflightActivities } from '../activities/preflight/preflight-activities';
import { clockActivities, type ClockActivities } from '../activities/queues/clock-activities';
import { recordActivities } from '../activities/record/record-activities';
import { rollbackActivities } from '../activities/rollback/rollback-activities';
import { withStableFailures } from '../activities/stable-failures';
import { trafficActivities } from '../activities/traffic/traffic-activities';
import type { FindRoute } from '../activities/traffic/outward-route';
import type { TrafficRouter } from '../activities/traffic/traffic-router';
import type { Verdict } from '../domain/gates/verdict';
import type { Milliseconds } from '../domain/time/duration';
import { databaseNow } from '../store/database-clock';
import { cohortRunsOf } from '../store/cohort-runs';
import type { Database } from '../store/database';
import { createSplit, lapseExpiredSplits, readLapse } from '../store/splits';

export interface Parts {
  db: Database;
  router: TrafficRouter;
  metrics: MetricSource;
  notifier: Notifier;
  control: ControlProof;
  /** What routes a cohort outside, where something does. */
  routeOf?: FindRoute;
  /** Between two looks at a step. */
  watchTick: Milliseconds;
  /** Aborted when the worker shuts down. */
  stopping: AbortSignal;
  onLook?: (verdicts: readonly Verdict[]) => void;
  /** Something failed within a look at a step; the watch goes on. */
  onWatchFailure?: OnWatchFailure;
  /** A watch could not tell people; it tries again. */
  onNotTold?: (error: unknown) => void;
}

/** Puts the activities together from their parts: the short ones; the watches, and the clocks of cases, which have a task queue of their own each. */
export function wireActivities(parts: Parts): {
  quick: PhaseActivities & MigrationActivities;
  watches: WatchActivities;
  clocks: ClockActivities;
} {
  const { db, router, metrics, notifier, control, watchTick, stopping, onLook, onWatchFailure, onNotTold, routeOf } =
    parts;
  const plans = new PlanReader(db);
  const lapsedFor = async (
    key: { migration: string; phase: string; cohort: string },
    epoch: number,
  ): Promise<Milliseconds | undefined> => (await readLapse(db, key, epoch))?.lapsedFor;
  const quick = {
    ...trafficActivities({
      clock: () => databaseNow(db),
      router,
      createSplit: (split) => createSplit(db, split),
      lapsedFor,
      command: nameOfActivity,
    }),
    ...preflightActivities({
      ...{ router, metrics, plans, probeFor: (probe) => new HttpProbe(probe), now: () => new Date() },
      standing: (migration) => cohortRunsOf(db, migration),
      ...(routeOf !== undefined && { routeOf }),
    }),
    ...withHeartbeats(rollbackActivities({ db, router, plans })),
    ...recordActivities(db),
    ...notifyActivities(notifier),
    ...withHeartbeats(migrationActivities(db, plans)),
    ...planChangeActivities(db, plans),
    ...findOpening(db, plans),
  };
  const watches = watchActivities({
    ...{ db, router, plans, control, lapsedFor, stopping, tick: watchTick },
    readGates: readGates(db, new PromptFigures(metrics)),
    recordLapses: () => lapseExpiredSplits(db),
    tell: (notice) => notifier.send(notice),
    ...(onLook !== undefined && { onLook }),
    ...(onWatchFailure !== undefined && { onFailure: onWatchFailure }),
    ...(onNotTold !== undefined && { onNotTold }),
  });
  const clocks = clockActivities({ db, planOf: (hash) => plans.plan(hash), now: () => databaseNow(db) });
  return {
    quick: withStableFailures(quick),
    watches: withStableFailures(watches),
    clocks: withStableFailures(clocks),
  };
}

/** Ids of activities are their run's own. */
function nameOfActivity(): string {
  const { workflowExecution, activityId } = activityInfo();
  if (workflowExecution === undefined) throw new Error('Traffic is lowered by workflows alone.');
  return `${workflowExecution.runId}/${activityId}`;
}
