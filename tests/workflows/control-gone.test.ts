import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as Administrator } from 'pg';
import { startEmbeddedTemporal, type EmbeddedTemporal } from '../../supervisor/embedded-temporal';
import { freePort } from '../../supervisor/free-port';
import { temporalBinary } from '../../supervisor/temporal-binary';
import { startLocalHttpServer, type LocalHttpServer } from '../integration/local-http-server';
import { until } from '../setup/until';
import { RunningEngine, small } from './running-engine';

const EVERY = 500;
/** Temporal's silence that is still no loss, and a look that finds it. */
const TEMPORAL_GONE_WITHIN = 20_000;

describe('I4 the signal to whoever pages people, of a real worker', () => {
  const folder = mkdtempSync(join(tmpdir(), 'warm-handoff-dead-man-'));
  const shared = process.env['HANDOFF_TEST_TEMPORAL_ADDRESS'];
  let receiver: LocalHttpServer;
  let temporal: EmbeddedTemporal;
  let engine: RunningEngine;
  let startTemporal: () => Promise<EmbeddedTemporal>;

  beforeAll(async () => {
    const [binary, port] = await Promise.all([temporalBinary(process.env), freePort()]);
    const [databaseFile, logFile] = [join(folder, 'temporal.db'), join(folder, 'temporal.log')];
    startTemporal = () =>
      startEmbeddedTemporal({ binary, port, databaseFile, logFile, env: process.env, inOurGroup: true });
    temporal = await startTemporal();
    process.env['HANDOFF_TEST_TEMPORAL_ADDRESS'] = temporal.address;
    receiver = await startLocalHttpServer();
    const deadMan = {
      ...{ url: `${receiver.url}/whole`, failUrl: `${receiver.url}/gone` },
      ...{ method: 'POST' as const, every: EVERY },
    };
    engine = await RunningEngine.start(100, { deadMan });
  });

  afterAll(async () => {
    process.env['HANDOFF_TEST_TEMPORAL_ADDRESS'] = shared;
    await engine.stop();
    await temporal.stop();
    await receiver.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const said = (path: string): number => receiver.received.filter((request) => request.path === path).length;
  const comes = async (path: string, withinMs = 20_000): Promise<void> => {
    const before = said(path);
    await until(`two more signals to ${path}`, () => said(path) >= before + 2, withinMs);
  };
  /** Until it says that control is gone: from then on nothing may say that it is whole. */
  const stops = async (gap: string, withinMs: number): Promise<void> => {
    await until(
      `the signal to say ${gap}`,
      () => receiver.received.some(({ path, body }) => path === '/gone' && body.includes(`"${gap}"`)),
      withinMs,
    );
    const whole = said('/whole');
    await comes('/gone');
    expect(said('/whole')).toBe(whole);
  };
  const metric = async (name: string): Promise<string | undefined> => {
    const text = await (await fetch(`${engine.workers[0]?.url}/metrics`)).text();
    return new RegExp(`^${name.replace(/[{}]/g, '\\$&')}[^ ]* (.*)$`, 'm').exec(text)?.[1];
  };

  it('goes out while a ramp is looked after, stops when Temporal is killed though the worker lives, and comes again', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    await comes('/whole');
    expect(await metric('handoff_control_whole')).toBe('1');

    await temporal.stop();
    await stops('temporal', TEMPORAL_GONE_WITHIN);
    expect(await metric('handoff_control_whole')).toBe('0');
    expect((await fetch(`${engine.workers[0]?.url}/readyz`)).status).toBe(200);

    temporal = await startTemporal();
    await comes('/whole', 60_000);
  }, 120_000);

  it('stops when Postgres is away, and comes again', async () => {
    await comes('/whole');
    const connect = await takeAway(engine.database.url);
    await stops('postgres', 20_000);
    await connect();
    await comes('/whole', 60_000);
  }, 120_000);
});

/** Ends every connection to a database and lets none in; gives what lets them in again. */
async function takeAway(url: string): Promise<() => Promise<void>> {
  const address = new URL(url);
  const name = address.pathname.slice(1);
  address.pathname = '/postgres';
  const asAdministrator = async (...statements: string[]): Promise<void> => {
    const client = new Administrator({ connectionString: address.href });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  await asAdministrator(
    `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
  );
  return () => asAdministrator(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
}
