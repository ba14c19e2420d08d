import { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { GateFigures } from '../activities/gates/gate-figures';
import { HandoffMetricSource } from '../activities/gates/handoff-metric-source';
import { PlanReader } from '../activities/plan-reader';
import { OutwardTrafficRouter } from '../activities/traffic/outward-traffic-router';
import { PostgresTrafficRouter } from '../activities/traffic/postgres-traffic-router';
import type { Milliseconds } from '../domain/time/duration';
import { RouteCarrier } from '../activities/traffic/route-carrier';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import { createMetricsRegistry } from '../platform/metrics';
import { createDataConverter } from '../platform/payload-codec';
import { Database } from '../store/database';
import { startCaseTeller } from './case-teller';
import { startClockKeeper } from './clock-keeper';
import { commandSenders } from './command-senders';
import type { WorkerConfiguration } from './config';
import { watchControl } from './control/watch-control';
import { gateSources } from './gate-sources';
import { startHealthServer } from './health-server';
import { startHoldTeller } from './hold-teller';
import { startLimboTeller } from './limbo-teller';
import { countSweeps, countVerdicts, createWorkerMetrics } from './metrics';
import { startEventUpkeep } from './event-upkeep';
import { startNoticeTeller } from './notice-teller';
import { notifierFor } from './notify-people';
import { outwardRoutes } from './outward-routes';
import { startRedriver } from './redriver';
import { startRouteFollower } from './route-follower';
import { startSweeper } from './sweeper';
import { startSyntheticPatients } from './synthetic-patients';
import { startTemporalProof } from './temporal-proof';
import { tellWatchFailures } from './watch-failures';
import { wireActivities } from './wire-activities';

export interface RunningWorker {
  /** Where /metrics, /healthz and /readyz are. */
  url: string;
  /** Rejects where the worker ended without being told to. */
  ended: Promise<void>;
  /** Takes no more tasks, lets those under way end, hands watches on, then lets go of everything. */
  stop(): Promise<void>;
}

const TEMPORAL_ANSWERS_WITHIN: Milliseconds = 2_000;
/** Each holds a connection to Postgres for the length of a short transaction. */
const CLOCKS_AT_A_TIME = 8;

/** Starts a worker: workflows and short activities on one task queue, watches on a second, clocks of cases on a third, and the sweeper. */
export async function startWorker(configuration: WorkerConfiguration, logger: Logger): Promise<RunningWorker> {
  const routes = outwardRoutes(configuration.routes);
  const db = Database.connect({
    url: configuration.databaseUrl,
    applicationName: 'worker',
    connections: 20,
    onIdleError: (error) => {
      logger.warn({ failure: describeFailure(error) }, 'an idle connection to Postgres ended');
    },
  });
  const connection = await NativeConnection.connect({ address: configuration.temporalAddress });
  const metrics = createWorkerMetrics(createMetricsRegistry('worker'), db);
  const stopping = new AbortController();
  const control = startTemporalProof({
    db,
    // Reads the namespace from Temporal's own database: a front that only answers for itself is no control.
    askTemporal: () =>
      connection.withDeadline(Date.now() + TEMPORAL_ANSWERS_WITHIN, () =>
        connection.workflowService.describeNamespace({ namespace: configuration.temporalNamespace }),
      ),
    onFailure: (error) => {
      logger.warn(
        { failure: describeFailure(error) },
        'no proof that Temporal answers: leases are not renewed beyond it',
      );
    },
  });
  const notifier = notifierFor(configuration, db, logger);
  const carrier = new RouteCarrier({ db, find: routes.find });
  const { quick, watches, clocks } = wireActivities({
    db,
    router: new OutwardTrafficRouter({ db, splits: new PostgresTrafficRouter(db), carrier }),
    routeOf: routes.find,
    metrics: new GateFigures({
      db,
      handoffs: new HandoffMetricSource(db),
      find: gateSources(db, configuration.sources),
    }),
    notifier,
    watchTick: configuration.watchTick,
    stopping: stopping.signal,
    onLook: countVerdicts(metrics),
    onWatchFailure: tellWatchFailures(metrics.watchFailures, logger),
    control,
    onNotTold: (error) => {
      logger.warn({ failure: describeFailure(error) }, 'people could not be told; trying again');
    },
  });
  const shared: Pick<
    WorkerOptions,
    'connection' | 'namespace' | 'dataConverter' | 'shutdownGraceTime' | 'shutdownForceTime'
  > = {
    connection,
    namespace: configuration.temporalNamespace,
    dataConverter: createDataConverter(configuration.payloadKey),
    shutdownGraceTime: '5s',
    shutdownForceTime: '15s',
  };
  const clockQueue = `${configuration.taskQueue}-clocks`;
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      taskQueue: configuration.taskQueue,
      workflowBundle: { codePath: configuration.workflowBundle },
      activities: quick,
      maxCachedWorkflows: configuration.workflowCache,
    }),
    Worker.create({
      ...shared,
      taskQueue: `${configuration.taskQueue}-watch`,
      activities: watches,
      maxConcurrentActivityTaskExecutions: configuration.watchSlots,
    }),
    // Apart, so that an outage with thousands of cases keeps no phase from its tasks.
    Worker.create({
      ...shared,
      taskQueue: clockQueue,
      workflowBundle: { codePath: configuration.workflowBundle },
      activities: clocks,
      maxCachedWorkflows: configuration.workflowCache,
      maxConcurrentActivityTaskExecutions: CLOCKS_AT_A_TIME,
    }),
  ]);
  const running = workers.map((worker) => worker.run());
  const client = new Client({
    connection,
    namespace: configuration.temporalNamespace,
    dataConverter: shared.dataConverter,
  });
  const teller = startHoldTeller({ db, logger, client });
  const clockKeeper = startClockKeeper({ db, logger, client, taskQueue: clockQueue });
  const limboTeller = startLimboTeller({ db, notifier, logger });
  const plans = new PlanReader(db);
  const caseTeller = startCaseTeller({ db, logger, planOf: (hash) => plans.plan(hash) });
  const noticeTeller = startNoticeTeller({ db, notifier, logger });
  const redriver = startRedriver({
    ...{ db, logger, senders: commandSenders(configuration.commands) },
    onResult: (result) => {
      metrics.redrives.inc({ result });
    },
  });
  const sweeper = startSweeper({ db, logger, tick: configuration.sweepTick, metrics: countSweeps(metrics) });
  const synthetic = startSyntheticPatients({
    ...{ db, logger, connections: configuration.sources ?? [], planOf: (hash) => plans.plan(hash) },
    onEnd: (outcome) => {
      metrics.syntheticRuns.inc({ outcome });
    },
  });
  const upkeep = startEventUpkeep({ db, logger, archiveFolder: configuration.archiveFolder });
  const polling = (): boolean => workers.every((worker) => worker.getState() === 'RUNNING');
  const watch = watchControl(configuration.deadMan, { db, control, polling, logger, registry: metrics.registry });
  const follower = startRouteFollower({
    ...{ db, carrier, notifier, logger, keys: routes.keys },
    onCarried: (result) => {
      metrics.routeLooks.inc({ result });
    },
  });
  const health = await startHealthServer({
    host: configuration.host,
    port: configuration.metricsPort,
    registry: metrics.registry,
    ready: async () => {
      const up = await db.query('SELECT 1').then(
        () => true,
        () => false,
      );
      return [...(up ? [] : ['postgres']), ...(polling() ? [] : ['temporal'])];
    },
  });
  const ended = Promise.all(running).then(() => undefined);
  return {
    url: health.url,
    ended,
    stop: async () => {
      stopping.abort();
      // First: a worker that goes is no control that is gone.
      const watched = watch.stop();
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended.catch(() => undefined);
      await watched;
      await Promise.all([
        teller.stop(),
        limboTeller.stop(),
        caseTeller.stop(),
        noticeTeller.stop(),
        redriver.stop(),
        clockKeeper.stop(),
        synthetic.stop(),
      ]);
      await Promise.all([sweeper.stop(), upkeep.stop()]);
      await follower.stop();
      await control.stop();
      await health.stop();
      await connection.close();
      await db.close();
    },
  };
}
