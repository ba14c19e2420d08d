import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../platform/package-root';
import { applySchema } from '../../store/apply-schema';
import { cacheFolder } from '../../supervisor/cache-folder';
import { demoTokens, payloadKey, writeActors } from '../../supervisor/credentials';
import { startEmbeddedPostgres } from '../../supervisor/embedded-postgres';
import { startEmbeddedTemporal } from '../../supervisor/embedded-temporal';
import { freePort } from '../../supervisor/free-port';
import { HEAP_ARGS, WORKER_ENVIRONMENT, WORKER_HEAP_ARGS } from '../../supervisor/node-part';
import { temporalBinary } from '../../supervisor/temporal-binary';
import { MeasuredProcess } from '../load/measured-process';
import { processTreeCpu } from '../load/process-tree-cpu';
import { STATEMENT_SETTINGS } from '../events/statement-times';

export interface WatchedSystem {
  apiPort: number;
  tokens: Readonly<Record<string, string>>;
  databaseUrl: string;
  worker: MeasuredProcess;
  /** Microseconds of CPU of each part, since it started. */
  cpu(): Promise<Record<'worker' | 'Postgres' | 'API' | 'Temporal', number>>;
  stop(): Promise<void>;
}

/**
 * Temporal, one worker and one API process as they are built and as the supervisor starts them, over a Postgres that notes when each transaction was
 * committed.
 */
export async function startWatchedSystem({ statements }: { statements: boolean }): Promise<WatchedSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-watching-'));
  const home = join(folder, 'home');
  mkdirSync(home, { mode: 0o711 });
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.reverse()) await end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const postgres = await startEmbeddedPostgres({
      dataFolder: join(home, 'postgres'),
      port: await freePort(),
      logFile: join(folder, 'postgres.log'),
      cache: cacheFolder(process.env),
      settings: {
        ...{ track_commit_timestamp: 'on', shared_buffers: '512MB', max_wal_size: '4GB' },
        ...(statements && STATEMENT_SETTINGS),
      },
      env: process.env,
      inOurGroup: true,
    });
    stops.push(() => postgres.stop());
    await applySchema(postgres.url);
    const temporal = await startEmbeddedTemporal({
      binary: await temporalBinary(process.env, { tell: () => undefined }),
      port: await freePort(),
      logFile: join(folder, 'temporal.log'),
      env: process.env,
      inOurGroup: true,
    });
    stops.push(() => temporal.stop());
    const shared = {
      DATABASE_URL: postgres.url,
      TEMPORAL_ADDRESS: temporal.address,
      HANDOFF_PAYLOAD_KEY: payloadKey(home),
      HANDOFF_LOG_LEVEL: 'error',
    };
    const metricsPort = await freePort();
    const worker = startPart('worker', { ...shared, HANDOFF_METRICS_PORT: String(metricsPort) });
    stops.push(() => worker.stop());
    await worker.listensAt(metricsPort, '/readyz');
    const tokens = demoTokens(home);
    const apiPort = await freePort();
    const api = startPart('api', {
      ...shared,
      HANDOFF_HOST: '127.0.0.1',
      HANDOFF_PORT: String(apiPort),
      HANDOFF_ACTORS_FILE: writeActors(home, tokens),
    });
    stops.push(() => api.stop());
    await api.listensAt(apiPort, '/readyz');
    return {
      ...{ apiPort, tokens, databaseUrl: postgres.url, worker, stop },
      cpu: async () => ({
        worker: (await worker.usage()).cpu,
        Postgres: processTreeCpu(postgres.process.pid),
        API: (await api.usage()).cpu,
        Temporal: processTreeCpu(temporal.process.pid),
      }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startPart(name: 'worker' | 'api', env: Readonly<Record<string, string>>): MeasuredProcess {
  const script = join(packageRoot(), 'dist', name, 'main.js');
  return name === 'worker'
    ? MeasuredProcess.start({ name, script, nodeArgs: WORKER_HEAP_ARGS, env: { ...WORKER_ENVIRONMENT, ...env } })
    : MeasuredProcess.start({ name, script, nodeArgs: HEAP_ARGS, env });
}
