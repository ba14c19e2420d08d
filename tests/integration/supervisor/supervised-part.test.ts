import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, requireFreePort } from '../../../supervisor/free-port';
import { ManagedProcess } from '../../../supervisor/managed-process';
import { runningProcess } from '../../../platform/process-identity';
import { type PartDefinition, SupervisedPart } from '../../../supervisor/supervised-part';
import { until } from '../../setup/until';

describe('a part of the system', () => {
  let folder: string;
  let told: string[];
  let gaveUp: string[];
  let part: SupervisedPart | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'handoff-part-'));
    told = [];
    gaveUp = [];
  });

  afterEach(async () => {
    await part?.stop(true);
    rmSync(folder, { recursive: true, force: true });
  });

  function runs(script: string, more: Partial<PartDefinition> = {}): SupervisedPart {
    part = new SupervisedPart(
      {
        name: 'worker',
        signal: 'SIGTERM',
        graceMs: 5_000,
        launch: async (onSpawn) => {
          const logFile = join(folder, 'worker.log');
          const args = ['-c', script, folder];
          const started = await ManagedProcess.start({
            name: 'worker',
            command: 'sh',
            args,
            env: process.env,
            logFile,
            onSpawn,
          });
          await started.waitUntilReady(() => Promise.resolve(started.output().includes('ready')), 5_000);
        },
        ...more,
      },
      {
        tell: (message) => told.push(message),
        gaveUp: (name) => gaveUp.push(name),
      },
    );
    return part;
  }

  it('that dies is started again', async () => {
    const worker = runs('echo ready; exec sleep 300');
    await worker.start();
    const first = worker.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await until('another process runs', () => worker.pid !== undefined && worker.pid !== first);
    await until('it is said', () => told.some((line) => line.includes('runs again')));
    expect(told[0]).toContain('SIGKILL');
  });

  it('that never gets ready fails the start with its last words', async () => {
    const worker = runs('echo "the key is missing"; exit 3');
    await expect(worker.start()).rejects.toMatchObject({
      code: 'process-not-ready',
      message: expect.stringMatching(/exit code 3.*the key is missing/s) as string,
    });
  });

  it('that the others cannot do without is given up after as many attempts as it may have', async () => {
    writeFileSync(join(folder, 'good'), '');
    const worker = runs('test -e "$0/good" || exit 1; echo ready; exec sleep 300', { givesUpAfter: 2 });
    await worker.start();
    rmSync(join(folder, 'good'));
    process.kill(worker.pid ?? 0, 'SIGKILL');
    await until('it is given up', () => gaveUp.length > 0);
    expect(gaveUp).toEqual(['worker']);
  });

  it('is asked to end and given time for it', async () => {
    const worker = runs(`trap 'echo drained; exit 0' TERM; echo ready; while :; do sleep 0.05; done`);
    await worker.start();
    await worker.stop();
    expect(readFileSync(join(folder, 'worker.log'), 'utf8')).toContain('drained');
    expect(worker.pid).toBeUndefined();
  });

  it('that does not end in time is ended by force, with what it had started', async () => {
    const worker = runs(`trap '' TERM; sleep 300 & echo "child $!"; echo ready; wait; wait`, { graceMs: 100 });
    await worker.start();
    const child = Number(/child (\d+)/.exec(readFileSync(join(folder, 'worker.log'), 'utf8'))?.[1]);
    await worker.stop();
    await until('its child is gone as well', () => runningProcess(child) === undefined);
    expect(told).toEqual([expect.stringContaining('was killed')]);
  });
});

describe('ports', () => {
  let holder: Server;
  let taken: number;

  beforeAll(async () => {
    taken = await freePort();
    holder = createServer();
    await new Promise<void>((resolve) => holder.listen(taken, '127.0.0.1', resolve));
  });

  afterAll(async () => {
    await new Promise((resolve) => holder.close(resolve));
  });

  it('one that is taken is named, with the variable that changes it', async () => {
    await expect(requireFreePort('API', taken, 'HANDOFF_PORT')).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringMatching(new RegExp(`Port ${taken}.*API.*taken.*HANDOFF_PORT`)) as string,
    });
  });
});
