import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askAgain } from '../../../bench/load/ask-again';
import { packageRoot } from '../../../platform/package-root';
import { payloadKey } from '../../../supervisor/credentials';
import { ManagedProcess } from '../../../supervisor/managed-process';
import type { RunningSystem } from '../../../supervisor/running-system';
import { startSystem } from '../../../supervisor/start-system';
import { until } from '../../setup/until';

/** What is killed. The second worker is beside the system, the others are parts of it, which its supervisor starts again. */
export const KILLED = ['worker', 'api', 'postgres', 'secondWorker', 'temporal'] as const;
export type Killed = (typeof KILLED)[number];

const READY_WITHIN_MS = 90_000;

/** The whole system as it is built, with two worker processes. */
export class TwoWorkerSystem {
  private stopping = false;

  private constructor(
    private readonly system: RunningSystem,
    private readonly folder: string,
    private second: ManagedProcess,
  ) {}

  static async start(): Promise<TwoWorkerSystem> {
    const folder = mkdtempSync(join(tmpdir(), 'handoff-dropped-'));
    const home = join(folder, 'home');
    mkdirSync(home, { mode: 0o711 });
    const system = await startSystem({ home, sandbox: false, quiet: true });
    return new TwoWorkerSystem(system, folder, await launchWorker(system, home));
  }

  /** Asks the API as an actor, and again where it says when. @throws Error with the status where it refuses */
  async call<Answer>(actor: string, path: string, body?: unknown): Promise<Answer> {
    const key = randomUUID();
    return answerOf<Answer>(path, await askAgain(() => this.send(actor, path, body, { 'idempotency-key': key })));
  }

  /** Sends a batch of events, once. @throws Error with the status where it is not taken */
  async deliver<Answer>(actor: string, events: readonly object[]): Promise<Answer> {
    const type = 'application/cloudevents-batch+json';
    return answerOf<Answer>('/v1/events', await this.send(actor, '/v1/events', events, { 'content-type': type }));
  }

  private send(
    actor: string,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
  ): Promise<Response> {
    return fetch(`${this.system.apiUrl}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${this.system.tokens[actor] ?? ''}`,
        'content-type': 'application/json',
        ...headers,
      },
      signal: AbortSignal.timeout(10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Kills it without a word; resolves when it runs again. */
  async kill(killed: Killed): Promise<void> {
    if (killed === 'secondWorker') {
      this.second.kill();
      await this.second.exited;
      this.second = await launchWorker(this.system, join(this.folder, 'home'));
      return;
    }
    const pid = this.system.pids[killed];
    if (pid === undefined) throw new Error(`The ${killed} does not run.`);
    process.kill(pid, 'SIGKILL');
    await until(
      `the ${killed} runs again`,
      () => ![undefined, pid].includes(this.system.pids[killed]),
      READY_WITHIN_MS,
    );
  }

  /** Starts the second worker again where it ended by itself, as any deployment would. */
  async keepSecondWorker(): Promise<void> {
    if (this.stopping || this.second.running) return;
    this.second = await launchWorker(this.system, join(this.folder, 'home'));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.second.stop({ signal: 'SIGTERM', graceMs: 15_000 });
    await this.system.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function answerOf<Answer>(path: string, response: Response): Promise<Answer> {
  const answer = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${answer}`);
  return JSON.parse(answer) as Answer;
}

function launchWorker(system: RunningSystem, home: string): Promise<ManagedProcess> {
  return ManagedProcess.start({
    name: 'second worker',
    command: process.execPath,
    args: ['--enable-source-maps', join(packageRoot(), 'dist', 'worker', 'main.js')],
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: system.databaseUrl,
      TEMPORAL_ADDRESS: system.temporalAddress,
      HANDOFF_PAYLOAD_KEY: payloadKey(home),
      HANDOFF_METRICS_PORT: '0',
      HANDOFF_LOG_LEVEL: 'warn',
    },
    cwd: packageRoot(),
    logFile: join(home, 'logs', 'second-worker.log'),
    inOurGroup: true,
  });
}
