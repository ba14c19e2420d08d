import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { applySchema } from '../../store/apply-schema';
import { cacheFolder } from '../../supervisor/cache-folder';
import { startEmbeddedPostgres } from '../../supervisor/embedded-postgres';
import { startEmbeddedTemporal } from '../../supervisor/embedded-temporal';
import { freePort } from '../../supervisor/free-port';
import { temporalBinary } from '../../supervisor/temporal-binary';
import { endForsakenServers, rememberServers } from './forsaken-servers';
import { TEMPLATE_DATABASE } from './test-database';
import { keepTestServers } from './test-servers';
import { workflowBundle } from './workflow-bundle';

/**
 * One Postgres and one Temporal for a whole run of jest, on ports of their own. Sets HANDOFF_TEST_DATABASE_URL (of the
 * maintenance database, as an administrator) and HANDOFF_TEST_TEMPORAL_ADDRESS for jest's processes.
 */
export default async function globalSetup(): Promise<void> {
  await endForsakenServers();
  const folder = mkdtempSync(join(tmpdir(), 'warm-handoff-test-'));
  mkdirSync(join(folder, 'postgres-home'), { mode: 0o711 });
  const [postgres, temporal] = await Promise.all([startPostgres(folder), startTemporal(folder)]);
  keepTestServers({ folder, postgres, temporal });
  rememberServers(folder, [postgres.process.pid, temporal.process.pid]);

  const administrator = new URL(postgres.url);
  administrator.pathname = '/postgres';
  process.env['HANDOFF_TEST_DATABASE_URL'] = administrator.href;
  process.env['HANDOFF_TEST_TEMPORAL_ADDRESS'] = temporal.address;
  await makeTemplate(administrator);
  process.env['HANDOFF_TEST_WORKFLOW_BUNDLE'] = await workflowBundle();
}

async function startPostgres(folder: string): ReturnType<typeof startEmbeddedPostgres> {
  return startEmbeddedPostgres({
    dataFolder: join(folder, 'postgres-home', 'data'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: cacheFolder(process.env),
    // Nothing of a test outlives it.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' },
    env: process.env,
  });
}

async function startTemporal(folder: string): ReturnType<typeof startEmbeddedTemporal> {
  return startEmbeddedTemporal({
    binary: await temporalBinary(process.env),
    port: await freePort(),
    logFile: join(folder, 'temporal.log'),
    env: process.env,
  });
}

async function makeTemplate(administrator: URL): Promise<void> {
  const client = new Client({ connectionString: administrator.href });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await client.end();
  const template = new URL(administrator);
  template.pathname = `/${TEMPLATE_DATABASE}`;
  await applySchema(template.href);
}
