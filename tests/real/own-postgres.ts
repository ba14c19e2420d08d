import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applySchema } from '../../store/apply-schema';
import { cacheFolder } from '../../supervisor/cache-folder';
import { startEmbeddedPostgres } from '../../supervisor/embedded-postgres';
import { freePort } from '../../supervisor/free-port';

export interface OwnPostgres {
  url: string;
  stop(): Promise<void>;
}

/** A Postgres of a test's own with the product's schema, which nothing outlives. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'backtest-postgres-'));
  mkdirSync(join(folder, 'home'), { mode: 0o711 });
  const postgres = await startEmbeddedPostgres({
    dataFolder: join(folder, 'home', 'data'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: cacheFolder(process.env),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
    env: process.env,
    inOurGroup: true,
  });
  await applySchema(postgres.url);
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
