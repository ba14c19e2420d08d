import { connect } from 'node:net';
import { startAgentServer, type AgentServer } from '../../api/agent/agent-server';
import { HaproxyRoute } from '../../adapters/haproxy/haproxy-route';
import { createLogger } from '../../platform/logger';
import { Database } from '../../store/database';
import { createSplit, lowerAllOpenSplits } from '../../store/splits';
import { outwardRouter } from '../integration/sides/outward-traffic-router';
import { PAYMENT, runOut, startMigration } from '../integration/sides/started-migration';
import { createTestDatabase, type TestDatabase } from '../setup/test-database';
import { until } from '../setup/until';
import { type Arrivals, arrivalsAt } from './arrivals';
import { type RunningHaproxy, startHaproxy } from './running-haproxy';

const LEASE = 600_000;
const key = { migration: 'payment-2026', ...PAYMENT };
const logger = createLogger('api', 'silent');

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await startMigration(database.db);
  await createSplit(database.db, { ...key, lease: LEASE });
});
afterEach(() => database.drop());

describe('I4 a lease that HAProxy keeps by asking the API, with no worker left', () => {
  let agent: AgentServer;
  let haproxy: RunningHaproxy;
  let arrivals: Arrivals;
  beforeEach(async () => {
    agent = await startAgentServer({ db: database.db, host: '127.0.0.1', port: 0, logger });
    const asks = { port: agent.port, send: `${key.migration}/${key.phase}/${key.cohort}` };
    haproxy = await startHaproxy([{ name: 'payment', stickiness: 'cookie', agent: asks }]);
    arrivals = arrivalsAt(haproxy.url('payment'));
  });
  afterEach(async () => {
    await arrivals.stop();
    await haproxy.stop();
    await agent.stop();
  });

  const route = () =>
    new HaproxyRoute({
      instances: [haproxy.socket],
      ...{ backend: 'payment', legacy: 'legacy', target: 'target', stickiness: { kind: 'cookie' }, timeout: 5_000 },
    });
  const shareNow = async (): Promise<number | undefined> => {
    const asked = { ...key, epoch: 0, share: 0, returning: false, returnedEpoch: 0 };
    return (await route().readBack(asked))[0]?.share;
  };
  /** As an activity that is retried does. */
  const raise = async (expectedEpoch: number, cause: 'raised' | 'restored' = 'raised'): Promise<void> => {
    const { router } = outwardRouter(database.db, route);
    const change = { ...key, expectedEpoch, share: 25_000, perDay: null, mode: 'open', lease: LEASE, cause } as const;
    await until('the raise to be read back', async () => (await router.write(change)).outside?.confirmed);
  };

  it('sends nobody new to target once the lease has run out, though the weight stays, and leaves those there who are', async () => {
    await raise(1);
    const clients = await arrivals.arrive(400);
    const onTarget = clients.filter(({ side }) => side === 'target');
    expect(onTarget.length).toBeGreaterThan(50);

    await runOut(database.db, key);
    await until('HAProxy to drain target', async () => (await shareNow()) === 0);
    expect(await haproxy.command('get weight payment/target')).toContain('85 (initial 0)');
    expect((await arrivals.arrive(400)).every(({ side }) => side === 'legacy')).toBe(true);
    expect(new Set(await arrivals.askAgain(onTarget))).toEqual(new Set(['target']));
  });

  it('sends nobody new to target once everything was stopped, and takes part again when it is raised again', async () => {
    await raise(1);
    await lowerAllOpenSplits(database.db, { cause: 'stopped', actor: 'engineer-1' });
    await until('HAProxy to drain target', async () => (await shareNow()) === 0);
    await raise(3);
    await expect(shareNow()).resolves.toBe(25_000);
  });
});

describe('what an agent check is answered', () => {
  let agent: AgentServer;
  let db: Database;
  let elapsed = 0;
  beforeEach(async () => {
    elapsed = 0;
    db = Database.connect({ url: database.url, applicationName: 'agent' });
    agent = await startAgentServer({ db, host: '127.0.0.1', port: 0, logger, elapsed: () => elapsed });
  });
  afterEach(async () => {
    await agent.stop();
    await db.close().catch(() => undefined);
  });

  const ask = (text: string): Promise<string> =>
    new Promise((resolve) => {
      let answer = '';
      const socket = connect(agent.port, '127.0.0.1', () => socket.write(text));
      socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
      socket.on('close', () => {
        resolve(answer);
      });
      socket.on('error', () => undefined);
    });
  const question = `${key.migration}/${key.phase}/${key.cohort}\n`;
  const set = (columns: string) => database.db.query(`UPDATE split SET ${columns}`);

  it.each([
    ['drain', 'share = 0, lease_until = NULL'],
    ['ready', `share = 1, lease_until = clock_timestamp() + interval '1 h', changed_at = clock_timestamp()`],
    [
      'up',
      `share = 1, lease_until = clock_timestamp() + interval '1 h', changed_at = clock_timestamp() - interval '11 s'`,
    ],
    ['drain', `share = 1, lease_until = clock_timestamp()`],
    ['maint', `share = 0, mode = 'returning'`],
    ['up', `share = 100000, mode = 'committed', lease_until = NULL, changed_at = clock_timestamp() - interval '11 s'`],
  ])('%s where the split is at %s', async (answer, columns) => {
    await set(columns);
    await expect(ask(question)).resolves.toBe(`${answer}\n`);
  });

  it('without Postgres is the last one for as long as the lease that it was read with, then nobody new', async () => {
    await set(
      `share = 1, lease_until = clock_timestamp() + interval '30 s', changed_at = clock_timestamp() - interval '11 s'`,
    );
    await expect(ask(question)).resolves.toBe('up\n');
    await db.close();
    elapsed = 25_000;
    await expect(ask(question)).resolves.toBe('up\n');
    elapsed = 30_001;
    await expect(ask(question)).resolves.toBe('drain\n');
    await expect(ask('payment-2026/payment/never-asked\n')).resolves.toBe('drain\n');
  });

  it('is given also while Postgres hangs, where no answer would leave the proxy as it was (I4)', async () => {
    await set(
      `share = 1, lease_until = clock_timestamp() + interval '30 s', changed_at = clock_timestamp() - interval '11 s'`,
    );
    await expect(ask(question)).resolves.toBe('up\n');
    await database.db.transaction(async (connection) => {
      await connection.query('LOCK TABLE split IN ACCESS EXCLUSIVE MODE');
      await expect(ask(question)).resolves.toBe('up\n');
      elapsed = 30_001;
      await expect(ask(question)).resolves.toBe('drain\n');
    });
  });

  it('is a word that lets nobody in for a split that there is not, and nothing at all for what is no question', async () => {
    await expect(ask('payment-2026/payment/no-such\n')).resolves.toBe('drain\n');
    for (const nonsense of ['GET / HTTP/1.1\r\n\r\n', 'x'.repeat(1_000), '\n', '//\n']) {
      await expect(ask(nonsense)).resolves.toBe('');
    }
  });
});
