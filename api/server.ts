import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { Milliseconds } from '../domain/time/duration';
import { CrosswalkSecrets } from '../platform/crosswalk-secrets';
import type { Logger } from '../platform/logger';
import { createApiMetrics, createMetricsRegistry, measureAsking, measureSides } from '../platform/metrics';
import { HookSecrets } from '../platform/hook-secrets';
import { systemClock } from '../platform/system-clock';
import { Database } from '../store/database';
import { MigrationPlans } from '../store/migration-plans';
import { Actors } from './actors';
import { startAgentServer, type AgentServer } from './agent/agent-server';
import { createApp } from './app';
import type { ApiConfiguration } from './config';
import { showLastWhole } from './control-metrics';
import { OfrepHandler } from './decisions/ofrep-handler';
import { describeFailure } from '../platform/describe-failure';
import { PlanThread } from './plans/plan-thread';
import { OutageJournal } from './sides/outage-journal';
import { ProcessSides, type ProcessSidesOptions } from './sides/process-sides';
import { TemporalLink } from './temporal-link';

/** Requests under way are given this long to end before they are cut off. */
const DRAIN_WITHIN: Milliseconds = 10_000;

/** How long this process may answer sides from memory after each look. A rollback waits no longer for one that is gone. */
const SIDES_LEASE: Milliseconds = 3_000;
/** How long one look is waited for: well under the lease. */
const RIGHT_PATIENCE: Milliseconds = 1_000;

/** Connections that may wait to be taken on, where the system allows as many: one that finds no room is tried again by TCP, a second and more later. */
const BACKLOG = 4_096;

export interface RunningApi {
  /** `http://host:port` that it listens on. */
  url: string;
  /** Takes no more requests, lets those under way end, then lets go of Postgres and Temporal. */
  stop(): Promise<void>;
}

/**
 * Starts the API. Neither Postgres nor Temporal need be there yet: `/readyz` says what is missing, and both are taken up when they come.
 * @throws BadActorsFile, JournalUnusable, or the system's error where the address is taken
 */
export async function startApi(configuration: ApiConfiguration, logger: Logger): Promise<RunningApi> {
  const actors = await Actors.open(configuration.actorsFile, systemClock, logger);
  const { journalFolder } = configuration;
  const journal = journalFolder === undefined ? undefined : await OutageJournal.open(journalFolder);
  const db = Database.connect({
    url: configuration.databaseUrl,
    applicationName: 'api',
    connections: 20,
    onIdleError: (error) => {
      logger.warn({ failure: describeFailure(error) }, 'an idle connection to Postgres ended');
    },
  });
  const temporal = TemporalLink.lazy({
    address: configuration.temporalAddress,
    namespace: configuration.temporalNamespace,
    payloadKey: configuration.payloadKey,
    taskQueue: configuration.taskQueue,
  });
  const metrics = createApiMetrics(createMetricsRegistry('api'));
  showLastWhole(metrics.registry, db);
  const plans = new MigrationPlans(systemClock);
  const rightDb = Database.connect({
    url: configuration.databaseUrl,
    applicationName: 'api-sides',
    connections: 2,
    patience: RIGHT_PATIENCE,
    preparesAll: true,
    onIdleError: () => undefined,
  });
  const sides = startSides(configuration, { db, rightDb, plans, journal, logger });
  measureSides(metrics.registry, () => sides.figures);
  const ofrep = new OfrepHandler({
    ...{ sides, db, plans, actors, logger, metrics, clock: systemClock },
    secret: configuration.payloadKey,
    origins: configuration.corsOrigins,
    waitingLimit: configuration.waitingLimit,
    lateLimit: configuration.lateLimit,
  });
  measureAsking(metrics.registry, () => ofrep.figures);
  const secrets = new CrosswalkSecrets(configuration.payloadKey, configuration.crosswalkKeys);
  const planThread = new PlanThread(logger, configuration.planThread);
  const app = createApp({
    ...{ db, temporal, actors, logger, metrics, plans, planThread, secrets },
    production: configuration.production,
    hookSecrets: new HookSecrets(
      configuration.hookSecrets ?? new Map(),
      configuration.hookSecretsFile,
      systemClock,
      logger,
    ),
    ...(configuration.publicUrl !== undefined && { publicUrl: configuration.publicUrl }),
  });
  const server = createServer(
    {
      // A client that sends its head or its body by the drop holds a connection for no longer than this.
      ...{ headersTimeout: 5_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 },
      // It is the balancer that has to end a connection: one that the API ends at the moment of a question is answered 502.
      keepAliveTimeout: configuration.keptIdle,
    },
    (request, response) => {
      if (!ofrep.takes(request, response)) app(request, response);
    },
  );
  let agent: AgentServer | undefined;
  try {
    await listen(server, configuration);
    const { agentPort: port, host } = configuration;
    if (port !== undefined) agent = await startAgentServer({ db, host, port, logger });
  } catch (error) {
    server.close();
    ofrep.stop();
    await sides.stop();
    await Promise.all([db.close(), rightDb.close(), temporal.close()]);
    throw error;
  }
  return {
    url: urlOf(server),
    stop: async () => {
      ofrep.stop();
      await drain(server, logger);
      await agent?.stop();
      await planThread.stop();
      await sides.stop();
      await Promise.all([db.close(), rightDb.close(), temporal.close()]);
    },
  };
}

function startSides(
  { databaseUrl: url, knownSides, sidesLease }: ApiConfiguration,
  parts: Pick<ProcessSidesOptions, 'db' | 'rightDb' | 'plans' | 'journal' | 'logger'>,
): ProcessSides {
  return ProcessSides.start({
    ...parts,
    databaseUrl: url,
    name: `${hostname()}/${process.pid}`,
    lease: sidesLease ?? SIDES_LEASE,
    capacity: knownSides,
  });
}

async function listen(server: Server, { host, port }: ApiConfiguration): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function drain(server: Server, logger: Logger): Promise<void> {
  // A client whose connection is never idle would hold the end up: from here on each answer closes its connection.
  server.prependListener('request', (_request, response) => {
    response.setHeader('Connection', 'close');
  });
  const closeIdle = setInterval(() => {
    server.closeIdleConnections();
  }, 100);
  const cutOff = setTimeout(() => {
    logger.warn({ after: DRAIN_WITHIN }, 'what was still under way at the end was cut off');
    server.closeAllConnections();
  }, DRAIN_WITHIN);
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
  clearInterval(closeIdle);
  clearTimeout(cutOff);
}
