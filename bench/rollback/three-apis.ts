import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../platform/package-root';
import { applySchema } from '../../store/apply-schema';
import { cacheFolder } from '../../supervisor/cache-folder';
import { payloadKey } from '../../supervisor/credentials';
import { startEmbeddedPostgres } from '../../supervisor/embedded-postgres';
import { freePort } from '../../supervisor/free-port';
import type { RunningSystem } from '../../supervisor/running-system';
import { startSystem } from '../../supervisor/start-system';
import { MeasuredProcess } from '../load/measured-process';

export interface ThreeApis {
  /** Ports of the three API processes. */
  ports: readonly number[];
  tokens: RunningSystem['tokens'];
  databaseUrl: string;
  stop(): Promise<void>;
}

/** Temporal, a worker and three API processes as they are built, over a Postgres that notes when each transaction was committed. */
export async function startThreeApis(): Promise<ThreeApis> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-rollback-'));
  const home = join(folder, 'home');
  mkdirSync(join(folder, 'postgres'), { mode: 0o711 });
  const postgres = await startEmbeddedPostgres({
    dataFolder: join(folder, 'postgres', 'data'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: cacheFolder(process.env),
    settings: { track_commit_timestamp: 'on' },
    env: process.env,
    inOurGroup: true,
  });
  const databaseUrl = postgres.url;
  await applySchema(databaseUrl);
  const system = await startSystem({ home, databaseUrl, sandbox: false, quiet: true });
  const others = await Promise.all([startApi(system, home), startApi(system, home)]);
  return {
    ports: [Number(new URL(system.apiUrl).port), ...others.map(({ port }) => port)],
    tokens: system.tokens,
    databaseUrl,
    stop: async () => {
      await Promise.all(others.map(({ process: api }) => api.stop()));
      await system.stop();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startApi(
  { databaseUrl, temporalAddress }: RunningSystem,
  home: string,
): Promise<{ process: MeasuredProcess; port: number }> {
  const port = await freePort();
  const api = MeasuredProcess.start({
    name: 'API',
    script: join(packageRoot(), 'dist', 'api', 'main.js'),
    env: {
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporalAddress,
      HANDOFF_PAYLOAD_KEY: payloadKey(home),
      HANDOFF_ACTORS_FILE: join(home, 'actors.json'),
      HANDOFF_HOST: '127.0.0.1',
      HANDOFF_PORT: String(port),
      HANDOFF_LOG_LEVEL: 'warn',
    },
  });
  await api.listensAt(port, '/readyz');
  return { process: api, port };
}
