import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { applySchema } from '../../store/apply-schema';
import { cacheFolder } from '../../supervisor/cache-folder';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../supervisor/embedded-postgres';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../supervisor/embedded-temporal';
import { freePort } from '../../supervisor/free-port';
import type { ManagedProcess } from '../../supervisor/managed-process';
import { temporalBinary } from '../../supervisor/temporal-binary';
import { CHEAP_PASSWORDS, cheapenPassword } from './cheap-password';
import { endForsakenServers, rememberServers } from './forsaken-servers';
import globalTeardown from './global-teardown';
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
  try {
    const servers = await startServers(folder);
    const administrator = new URL(servers.postgres.url);
    administrator.pathname = '/postgres';
    process.env['HANDOFF_TEST_DATABASE_URL'] = administrator.href;
    process.env['HANDOFF_TEST_TEMPORAL_ADDRESS'] = servers.temporal.address;
    await cheapenPassword(administrator);
    await makeTemplate(administrator);
    process.env['HANDOFF_TEST_WORKFLOW_BUNDLE'] = await workflowBundle();
  } catch (error) {
    // jest tears nothing down that was not set up to the end.
    await globalTeardown();
    throw error;
  }
}

async function startServers(folder: string): Promise<{ postgres: EmbeddedPostgres; temporal: EmbeddedTemporal }> {
  const remembered: number[] = [];
  const onSpawn = ({ pid }: ManagedProcess): void => {
    remembered.push(pid);
    rememberServers(folder, remembered);
  };
  const starting = [startPostgres(folder, onSpawn), startTemporal(folder, onSpawn)] as const;
  const [postgres, temporal] = await Promise.allSettled(starting);
  keepTestServers({
    folder,
    stops: [postgres, temporal].flatMap((start) => (start.status === 'fulfilled' ? [() => start.value.stop()] : [])),
  });
  if (postgres.status === 'rejected') throw postgres.reason;
  if (temporal.status === 'rejected') throw temporal.reason;
  return { postgres: postgres.value, temporal: temporal.value };
}

async function startPostgres(folder: string, onSpawn: (process: ManagedProcess) => void): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    dataFolder: join(folder, 'postgres-home', 'data'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: cacheFolder(process.env),
    // Nothing of a test outlives it, and nobody tidies up after one.
    settings: {
      ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' },
      ...{ ...CHEAP_PASSWORDS, jit: 'off', autovacuum: 'off', wal_level: 'minimal', max_wal_senders: '0' },
    },
    env: process.env,
    inOurGroup: true,
    onSpawn,
  });
}

async function startTemporal(folder: string, onSpawn: (process: ManagedProcess) => void): Promise<EmbeddedTemporal> {
  return startEmbeddedTemporal({
    binary: await temporalBinary(process.env),
    port: await freePort(),
    logFile: join(folder, 'temporal.log'),
    env: process.env,
    inOurGroup: true,
    onSpawn,
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
