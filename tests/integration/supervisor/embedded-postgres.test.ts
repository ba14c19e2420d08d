import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../../supervisor/embedded-postgres';
import { freePort } from '../../../supervisor/free-port';
import { runningProcess } from '../../../platform/process-identity';
import { until } from '../../setup/until';

let folder: string;
let dataFolder: string;
let server: EmbeddedPostgres | undefined;
const others: ChildProcess[] = [];

async function start(changes: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  server = await startEmbeddedPostgres({
    dataFolder,
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: join(folder, 'cache'),
    env: process.env,
    ...changes,
  });
  return server;
}

async function query(url: string, sql: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

async function killed(postgres: EmbeddedPostgres): Promise<void> {
  process.kill(postgres.process.pid, 'SIGKILL');
  await postgres.process.exited;
}

function lockedBy(pid: number): void {
  const lock = join(dataFolder, 'postmaster.pid');
  writeFileSync(lock, readFileSync(lock, 'utf8').replace(/^\d+/, String(pid)));
}

function run(command: string, args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  others.push(child);
  return child;
}

/** A process that ended and is never collected by its parent, which is a program that does not know of it. */
async function zombie(): Promise<number> {
  const parent = run('sh', ['-c', 'sleep 120 & echo $!; exec sleep 120']);
  const pid = Number(await new Promise((resolve) => parent.stdout?.once('data', resolve)));
  // A shell would still collect it.
  await until('the shell has become another program', () => runningProcess(parent.pid ?? 0)?.command === 'sleep 120');
  process.kill(pid, 'SIGKILL');
  await until('the process is a zombie', () => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
  return pid;
}

beforeAll(async () => {
  // Only we may enter it. As root, Postgres then runs in a user namespace, as a user who could signal our other processes:
  // as another user it would take a stranger's number in its lock file for a stale one.
  folder = mkdtempSync(join(tmpdir(), 'handoff-postgres-'));
  dataFolder = join(folder, 'home', 'postgres');
  mkdirSync(dirname(dataFolder));
  const first = await start();
  await query(first.url, 'CREATE TABLE kept (line integer)');
  await first.stop();
});

afterEach(async () => {
  await server?.stop();
  for (const child of others.splice(0)) child.kill('SIGKILL');
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('I10 after a kill, Postgres starts again by itself and has every row', () => {
  const cases: [string, () => Promise<number>][] = [
    ['of a process that is gone', () => Promise.resolve(2 ** 22 - 7)],
    ['of a zombie', zombie],
    ['that is a stranger’s by now', () => Promise.resolve(run('sleep', ['120']).pid ?? 0)],
  ];

  it.each(cases)('when its lock file holds the number %s', async (_name, number) => {
    const before = await start();
    const rows = await query(before.url, 'SELECT FROM kept');
    await query(before.url, 'INSERT INTO kept VALUES (1)');
    await killed(before);
    const pid = await number();
    lockedBy(pid);

    const after = await start();

    expect(await query(after.url, 'SELECT FROM kept')).toBe(rows + 1);
    const stranger = others.find((child) => child.pid === pid);
    if (stranger !== undefined) expect(runningProcess(pid)?.command).toContain('sleep');
  });

  it('when the one of the killed run still works on the folder: that one is ended first', async () => {
    const before = await start();
    await query(before.url, 'INSERT INTO kept VALUES (2)');
    const rows = await query(before.url, 'SELECT FROM kept');

    const after = await start();

    expect(runningProcess(before.process.pid)).toBeUndefined();
    expect(await query(after.url, 'SELECT FROM kept')).toBe(rows);
  });
});

describe('a damaged data folder is refused with what to do, and nothing in it is changed', () => {
  it.each(['PG_VERSION', 'global/pg_control', 'pg_wal', 'handoff-password'])('without %s', async (missing) => {
    const aside = join(folder, 'aside');
    renameSync(join(dataFolder, missing), aside);
    const before = statSync(dataFolder).mtimeMs;
    try {
      await expect(start()).rejects.toMatchObject({
        code: 'damaged-data-folder',
        message: expect.stringMatching(
          new RegExp(`${missing}.*missing.*Bring the folder back from a backup`, 's'),
        ) as string,
      });
      expect(existsSync(join(dataFolder, missing))).toBe(false);
      expect(statSync(dataFolder).mtimeMs).toBe(before);
    } finally {
      renameSync(aside, join(dataFolder, missing));
    }
  });

  it('written by another major version', async () => {
    const file = join(dataFolder, 'PG_VERSION');
    const version = readFileSync(file, 'utf8');
    writeFileSync(file, '17\n');
    try {
      await expect(start()).rejects.toThrow(/written by Postgres 17, this is 18/);
    } finally {
      writeFileSync(file, version);
    }
  });

  it('whose content Postgres itself refuses: its last words are told', async () => {
    const file = join(dataFolder, 'postgresql.conf');
    const content = readFileSync(file, 'utf8');
    writeFileSync(file, `${content}\nno_such_setting = 1\n`);
    try {
      await expect(start()).rejects.toMatchObject({
        code: 'process-not-ready',
        message: expect.stringContaining('no_such_setting') as string,
      });
    } finally {
      writeFileSync(file, content);
    }
  });
});

describe('nobody gets in without the password', () => {
  it('not even from this machine', async () => {
    const { url } = await start();
    const guess = new URL(url);
    guess.password = 'guess';
    await expect(query(guess.href, 'SELECT')).rejects.toMatchObject({ code: '28P01' });
  });
});

it('I15 an error with a key in it leaves nothing of it in the log', async () => {
  const { url } = await start();
  await query(url, 'CREATE TABLE IF NOT EXISTS patient (key text PRIMARY KEY)');
  await query(url, "INSERT INTO patient VALUES ('canary-key') ON CONFLICT DO NOTHING");
  await expect(query(url, "INSERT INTO patient VALUES ('canary-key')")).rejects.toMatchObject({ code: '23505' });
  await server?.stop();
  const log = readFileSync(join(folder, 'postgres.log'), 'utf8');
  expect(log).toContain('duplicate key');
  expect(log).not.toContain('canary-key');
});

const asRoot = process.getuid?.() === 0;
(asRoot ? describe : describeNothing)('as root, Postgres runs as somebody else', () => {
  function ownerOutside(pid: number): number {
    return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  }

  /** The programs lie in the same installation, which may itself be in a folder that only root may enter. */
  function everybodyReaches(path: string): boolean {
    if ((statSync(path).mode & 0o001) === 0) return false;
    return path === dirname(path) || everybodyReaches(dirname(path));
  }

  it('in a user namespace where only root may enter the folder, as another user where others may, with the same data', async () => {
    const closed = await start();
    expect(readFileSync(`/proc/${closed.process.pid}/uid_map`, 'utf8').trim()).toMatch(/^[1-9]\d*\s+0\s+1$/);
    const rows = await query(closed.url, 'SELECT FROM kept');
    await closed.stop();
    chmodSync(folder, 0o755);
    try {
      const open = await start();
      expect(ownerOutside(open.process.pid) !== 0).toBe(everybodyReaches(dirname(require.resolve('pg'))));
      expect(await query(open.url, 'SELECT FROM kept')).toBe(rows);
      await open.stop();
    } finally {
      chmodSync(folder, 0o700);
    }
    const again = await start();
    expect(ownerOutside(again.process.pid)).toBe(0);
    expect(await query(again.url, 'SELECT FROM kept')).toBe(rows);
  });

  it('in a folder of its own where neither is possible, and says where', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'handoff-closed-'));
    const told: string[] = [];
    let elsewhere = '';
    try {
      // Without a PATH there is no unshare.
      const options = {
        dataFolder: join(closed, 'postgres'),
        env: { PATH: '/nonexistent' },
        tell: (line: string) => told.push(line),
      };
      const first = await start(options);
      elsewhere = readFileSync(join(closed, 'postgres.location'), 'utf8').trim();
      expect(told).toEqual([expect.stringContaining(elsewhere)]);
      await query(first.url, 'CREATE TABLE here (line integer)');
      await first.stop();
      const second = await start({ ...options, env: process.env });
      expect(await query(second.url, 'SELECT FROM here')).toBe(0);
      await second.stop();
    } finally {
      rmSync(closed, { recursive: true, force: true });
      if (elsewhere !== '') rmSync(elsewhere, { recursive: true, force: true });
    }
  });
});

function describeNothing(): void {
  // Without root there is no other user to become.
}
