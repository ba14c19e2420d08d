import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockHome, SystemRunsAlready } from '../../../supervisor/home-lock';
import { identify, runningProcess } from '../../../platform/process-identity';
import { endLeftovers, RunRecord } from '../../../supervisor/run-record';
import { until } from '../../setup/until';

describe('one system works on a data folder', () => {
  let home: string;
  const children: ChildProcess[] = [];
  const nobody = (): undefined => undefined;

  function sleeper(): number {
    const child = spawn('sleep', ['300'], { stdio: 'ignore' });
    children.push(child);
    if (child.pid === undefined) throw new Error('sleep could not be run');
    return child.pid;
  }

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'handoff-lock-'));
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  it('a second one is told where the first one is', () => {
    const unlock = lockHome(home, nobody);
    expect(() => lockHome(home, () => 'http://127.0.0.1:4700')).toThrow(SystemRunsAlready);
    expect(() => lockHome(home, () => 'http://127.0.0.1:4700')).toThrow(/http:\/\/127\.0\.0\.1:4700.*HANDOFF_HOME/s);
    unlock();
    lockHome(home, nobody)();
    expect(readdirSync(home)).toEqual([]);
  });

  it('the lock of one that was killed is taken over, also where its number belongs to another process by now', () => {
    const stranger = sleeper();
    writeFileSync(join(home, 'supervisor.lock'), JSON.stringify({ pid: stranger, started: 'long ago' }));
    lockHome(home, nobody)();
    expect(runningProcess(stranger)).toBeDefined();
  });

  it('a lock file cut short by a full disk is taken over', () => {
    writeFileSync(join(home, 'supervisor.lock'), '{"pid":');
    lockHome(home, nobody)();
    expect(readdirSync(home)).toEqual([]);
  });

  it('what a killed run left running is ended, and no process that only has its number', async () => {
    const [left, stranger, unlike] = [sleeper(), sleeper(), sleeper()];
    const record = {
      supervisor: { pid: 1, started: 'long ago' },
      processes: {
        sandbox: { ...identify(left), marker: 'sleep 300' },
        api: { pid: stranger, started: 'long ago', marker: 'sleep 300' },
        worker: { ...identify(unlike), marker: 'dist/worker/main.js' },
      },
    };
    writeFileSync(join(home, 'run.json'), JSON.stringify(record));

    expect(await endLeftovers(home)).toEqual(['sandbox']);

    await until('the left-over process is gone', () => runningProcess(left) === undefined);
    expect(runningProcess(stranger)).toBeDefined();
    expect(runningProcess(unlike)).toBeDefined();
  });

  it('a record that cannot be read ends nothing', async () => {
    writeFileSync(join(home, 'run.json'), '{');
    expect(await endLeftovers(home)).toEqual([]);
  });

  it('the record names this process, and goes with it', () => {
    const record = RunRecord.begin(home);
    expect(JSON.parse(readFileSync(join(home, 'run.json'), 'utf8'))).toMatchObject({
      supervisor: identify(process.pid),
    });
    record.end();
    expect(readdirSync(home)).toEqual([]);
  });
});
