import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../platform/package-root';
import { type ProcessIdentity, stillRuns } from '../../platform/process-identity';
import type { RunState } from '../../supervisor/run-record';
import { until } from './until';

/** Builds `dist/` where it is not what the sources give, for tests that run the built processes. Takes up to a minute. */
export function ensureBuilt(): void {
  execFileSync(process.execPath, [join(packageRoot(), 'bin', 'build.js')], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Every port any free one. */
const ANY_PORTS: Readonly<Record<string, string>> = {
  HANDOFF_PORT: '0',
  SANDBOX_PORT: '0',
  SANDBOX_LEGACY_PORT: '0',
  SANDBOX_TARGET_PORT: '0',
  HANDOFF_POSTGRES_PORT: '0',
  HANDOFF_TEMPORAL_PORT: '0',
  HANDOFF_TEMPORAL_UI_PORT: '0',
  HANDOFF_METRICS_PORT: '0',
};

const READY_WITHIN_MS = 100_000;

/** The supervisor as a process of its own, in a process group of its own, as a terminal starts it. */
export class SupervisorProcess {
  output = '';
  /** Every process of it that `run.json` ever named while we looked. */
  private readonly seen: ProcessIdentity[] = [];
  private exit: { code: number | null; signal: NodeJS.Signals | null } | undefined;

  private constructor(
    readonly home: string,
    private readonly child: ChildProcess,
  ) {
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', (code, signal) => {
      this.exit = { code, signal };
    });
  }

  /** @param environment over our own; a variable set to undefined is absent */
  static start(
    home: string,
    environment: Readonly<Record<string, string | undefined>> = {},
    command: readonly [string, ...string[]] = [process.execPath, join(packageRoot(), 'dist', 'supervisor', 'main.js')],
  ): SupervisorProcess {
    const [program, ...args] = command;
    const child = spawn(program, args, {
      cwd: packageRoot(),
      env: { ...process.env, ...ANY_PORTS, HANDOFF_HOME: home, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    return new SupervisorProcess(home, child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The first URL that was printed, which is the API's. */
  get url(): string {
    return /http:\/\/127\.0\.0\.1:\d+/.exec(this.output)?.[0] ?? '';
  }

  /** As `run.json` has them, by part; empty where there is none. */
  get processes(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.look()).map(([part, { pid }]) => [part, pid]));
  }

  private look(): RunState['processes'] {
    try {
      const { processes } = JSON.parse(readFileSync(join(this.home, 'run.json'), 'utf8')) as RunState;
      this.seen.push(...Object.values(processes));
      return processes;
    } catch {
      return {};
    }
  }

  async ready(): Promise<this> {
    await until(
      'the system is ready',
      () => {
        if (this.exit !== undefined) throw new Error('it ended');
        return this.output.includes('What to type next');
      },
      READY_WITHIN_MS,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output}`);
    });
    return this;
  }

  async ended(withinMs = 30_000): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    await until('the supervisor has ended', () => this.exit !== undefined, withinMs);
    return this.exit ?? { code: null, signal: null };
  }

  /** To the whole group, as Ctrl-C does. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** As a power cut does: the supervisor first, so that it cannot see the others die. @param spared parts that live on */
  killTree(spared: readonly string[] = []): void {
    const pids = Object.entries(this.processes).filter(([part]) => !spared.includes(part));
    this.signalGroup('SIGKILL');
    for (const [, pid] of pids) process.kill(pid, 'SIGKILL');
  }

  /** Ends whatever is left, so that a failed test leaves nothing. */
  async cleanUp(): Promise<void> {
    if (this.exit === undefined) {
      this.look();
      this.signalGroup('SIGTERM');
      await this.ended().catch(() => {
        this.signalGroup('SIGKILL');
      });
    }
    for (const identity of this.seen.filter(stillRuns)) process.kill(identity.pid, 'SIGKILL');
  }
}
