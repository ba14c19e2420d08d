import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unreachable } from '../../../domain/unreachable';
import { packageRoot } from '../../../platform/package-root';
import { payloadKey } from '../../../supervisor/credentials';
import { freePort } from '../../../supervisor/free-port';
import { ManagedProcess } from '../../../supervisor/managed-process';
import type { RunningSystem } from '../../../supervisor/running-system';
import { startSystem } from '../../../supervisor/start-system';
import { until } from '../../setup/until';
import type { ProcessStart } from '../history';

/** What is killed: a part of the system, which its supervisor starts again, or one of the two API processes beside it. */
export const VICTIMS = ['postgres', 'temporal', 'worker', 'api', 'second', 'third'] as const;
export type Victim = (typeof VICTIMS)[number];

const READY_WITHIN_MS = 90_000;

/** An API process as stacks reach it. */
export interface ReachableApi {
  url: string;
  process: ProcessStart;
}

class ApiBeside {
  private running: ManagedProcess | undefined;
  start = 0;

  constructor(
    readonly name: 'second' | 'third',
    private readonly system: RunningSystem,
    private readonly home: string,
    readonly port: number,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** @throws Error where it is not ready in time */
  async launch(): Promise<void> {
    this.start += 1;
    this.running = await ManagedProcess.start({
      name: this.name,
      command: process.execPath,
      args: ['--enable-source-maps', join(packageRoot(), 'dist', 'api', 'main.js')],
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: this.system.databaseUrl,
        TEMPORAL_ADDRESS: this.system.temporalAddress,
        HANDOFF_PAYLOAD_KEY: payloadKey(this.home),
        HANDOFF_ACTORS_FILE: join(this.home, 'actors.json'),
        HANDOFF_HOST: '127.0.0.1',
        HANDOFF_PORT: String(this.port),
        HANDOFF_JOURNAL_DIR: join(this.home, `journal-${this.name}`),
        HANDOFF_LOG_LEVEL: 'warn',
      },
      cwd: packageRoot(),
      logFile: join(this.home, 'logs', `${this.name}.log`),
      inOurGroup: true,
    });
    await until(`the ${this.name} API answers`, () => isReady(this.url), READY_WITHIN_MS);
  }

  async killAndStart(): Promise<void> {
    this.running?.kill();
    await this.running?.exited;
    await this.launch();
  }

  async stop(): Promise<void> {
    await this.running?.stop({ signal: 'SIGTERM', graceMs: 15_000 });
  }
}

/** The whole system as it is built, with three API processes: Temporal, Postgres, a worker. */
export class CrashSystem {
  private apiStarts = 1;

  private constructor(
    private readonly system: RunningSystem,
    private readonly folder: string,
    private readonly beside: readonly ApiBeside[],
  ) {}

  static async start(): Promise<CrashSystem> {
    const folder = mkdtempSync(join(tmpdir(), 'handoff-crashes-'));
    const home = join(folder, 'home');
    mkdirSync(home, { mode: 0o711 });
    const system = await startSystem({ home, sandbox: false, quiet: true });
    const names = ['second', 'third'] as const;
    const beside = await Promise.all(names.map(async (name) => new ApiBeside(name, system, home, await freePort())));
    const crashing = new CrashSystem(system, folder, beside);
    await Promise.all(beside.map((api) => api.launch()));
    return crashing;
  }

  get tokens(): Readonly<Record<string, string>> {
    return this.system.tokens;
  }

  get apis(): readonly ReachableApi[] {
    return [
      { url: this.system.apiUrl, process: { id: 'api', start: this.apiStarts } },
      ...this.beside.map(({ url, name, start }) => ({ url, process: { id: name, start } })),
    ];
  }

  /** Kills it without a word; resolves when it is there again. */
  async kill(victim: Victim): Promise<void> {
    switch (victim) {
      case 'second':
      case 'third':
        return this.beside.find(({ name }) => name === victim)?.killAndStart();
      case 'api':
        this.apiStarts += 1;
        return this.killPart(victim);
      case 'postgres':
      case 'temporal':
      case 'worker':
        return this.killPart(victim);
      default:
        return unreachable(victim);
    }
  }

  private async killPart(part: Exclude<Victim, 'second' | 'third'>): Promise<void> {
    const pid = this.system.pids[part];
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await until(`${part} runs again`, () => ![undefined, pid].includes(this.system.pids[part]), READY_WITHIN_MS);
    await this.ready();
  }

  /** Waits until every API process reaches what it needs. */
  async ready(): Promise<void> {
    await Promise.all(this.apis.map(({ url }) => until('an API is ready', () => isReady(url), READY_WITHIN_MS)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.beside.map((api) => api.stop()));
    await this.system.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok;
}
