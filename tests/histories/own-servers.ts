import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { applySchema } from '../../store/apply-schema';
import { cacheFolder } from '../../supervisor/cache-folder';
import { startEmbeddedPostgres } from '../../supervisor/embedded-postgres';
import { freePort } from '../../supervisor/free-port';
import { CHEAP_PASSWORDS, cheapenPassword } from '../setup/cheap-password';
import { TEMPLATE_DATABASE } from '../setup/test-database';

/** For many short-lived connections and databases: nothing is planned again for each question, and nobody tidies up after them. */
const SHORT_LIVED = {
  ...{ max_connections: '400', ...CHEAP_PASSWORDS, plan_cache_mode: 'force_generic_plan', jit: 'off' },
  ...{ autovacuum: 'off', track_activities: 'off', track_counts: 'off', wal_level: 'minimal', max_wal_senders: '0' },
  ...{ checkpoint_timeout: '1h', max_wal_size: '8GB', shared_buffers: '512MB' },
};
const NOTHING_OUTLIVES = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * A Postgres for histories, which `createTestDatabase` makes databases on from then on; gives what ends it. It is made for many short-lived
 * connections: by sockets in a folder, and by a password that costs little to check.
 */
export async function startHistoriesPostgres(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'histories-postgres-'));
  mkdirSync(join(folder, 'home'), { mode: 0o711 });
  const sockets = mkdtempSync(join(tmpdir(), 'histories-sockets-'));
  chmodSync(sockets, 0o777);
  const postgres = await startEmbeddedPostgres({
    dataFolder: join(folder, 'home', 'data'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: cacheFolder(process.env),
    settings: { ...NOTHING_OUTLIVES, ...SHORT_LIVED, unix_socket_directories: sockets },
    env: process.env,
    inOurGroup: true,
  });
  const administrator = new URL(postgres.url);
  administrator.pathname = '/postgres';
  administrator.searchParams.set('host', sockets);
  const before = process.env['HANDOFF_TEST_DATABASE_URL'];
  process.env['HANDOFF_TEST_DATABASE_URL'] = administrator.href;
  await cheapenPassword(administrator);
  const client = new Client({ connectionString: administrator.href });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await client.end();
  const template = new URL(administrator);
  template.pathname = `/${TEMPLATE_DATABASE}`;
  await applySchema(template.href);
  return async () => {
    if (before === undefined) delete process.env['HANDOFF_TEST_DATABASE_URL'];
    else process.env['HANDOFF_TEST_DATABASE_URL'] = before;
    await postgres.stop();
    for (const made of [folder, sockets]) rmSync(made, { recursive: true, force: true });
  };
}
