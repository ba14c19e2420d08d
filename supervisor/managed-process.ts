import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartFailure } from './start-failure';

export interface ProcessSpecification {
  /** For messages: `worker`, `postgres`. */
  name: string;
  command: string;
  args: readonly string[];
  /** The whole environment of the child. */
  env: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** User and group to become, where this process may (root). */
  user?: { uid: number; gid: number };
  /** Takes standard output and error. It is appended to, and put aside as `<file>.old` at 10 MiB when the process starts. */
  logFile: string;
  /** Stays in our process group, to end with it whatever ends us: for servers of a test run. */
  inOurGroup?: boolean;
  /** Is told at once that the process is there, long before it is ready: so that it can be found again whatever happens to us. */
  onSpawn?: (process: ManagedProcess) => void;
}

export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/** A process ended, or stayed silent, before it was ready. */
export class ProcessNotReady extends StartFailure {
  readonly code = 'process-not-ready';
  constructor(name: string, what: string, logFile: string, lastLines: string) {
    super(
      `The ${name} ${what}. Its output is in ${logFile}${lastLines === '' ? ', which is empty.' : `:\n${lastLines}`}`,
    );
  }
}

/**
 * A child process, usually in a process group of its own, so that a Ctrl-C in the terminal reaches only us and we decide the order of
 * the end. Its output goes straight to a file: it needs nobody to read it, and outlives us without harm.
 */
export class ManagedProcess {
  readonly pid: number;
  readonly exited: Promise<ProcessExit>;
  private exit: ProcessExit | undefined;
  private readonly startedAt = Date.now();

  private constructor(
    readonly specification: ProcessSpecification,
    private readonly child: ChildProcess,
    pid: number,
    private readonly logStart: number,
  ) {
    this.pid = pid;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
  }

  /** @throws ProcessNotReady where the command cannot be run at all */
  static async start(specification: ProcessSpecification): Promise<ManagedProcess> {
    const logStart = prepareLog(specification.logFile);
    const log = openSync(specification.logFile, 'a', 0o600);
    try {
      const child = spawn(specification.command, specification.args, {
        env: specification.env,
        ...(specification.cwd === undefined ? {} : { cwd: specification.cwd }),
        ...(specification.user ?? {}),
        stdio: ['ignore', log, log],
        detached: specification.inOurGroup !== true,
      });
      const failure = new Promise<Error>((resolve) => {
        // Also for later: a signal that cannot be sent is told by the call that meets it, not by an error nobody listens to.
        child.on('error', resolve);
      });
      if (child.pid === undefined) {
        const { message } = await failure;
        throw new ProcessNotReady(specification.name, `could not be run (${message})`, specification.logFile, '');
      }
      const managed = new ManagedProcess(specification, child, child.pid, logStart);
      specification.onSpawn?.(managed);
      return managed;
    } finally {
      closeSync(log);
    }
  }

  get running(): boolean {
    return this.exit === undefined;
  }

  /** Milliseconds since it was started. */
  get age(): number {
    return Date.now() - this.startedAt;
  }

  /** What it has written since it started. */
  output(): string {
    return writtenSince(this.specification.logFile, this.logStart);
  }

  /**
   * Waits until `probe` gives true; a probe that rejects counts as not yet.
   * @param deadlineMs from now
   * @throws ProcessNotReady with the last lines of the log, at once if the process ends
   */
  async waitUntilReady(probe: () => Promise<boolean>, deadlineMs: number): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      if (this.exit !== undefined) throw this.notReady(describeExit(this.exit));
      const ready = await Promise.race([probe().catch(() => false), this.exited.then(() => false)]);
      if (ready) return;
      if (Date.now() > deadline) throw this.notReady(`was not ready within ${Math.round(deadlineMs / 1000)} s`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /**
   * Asks the process to end, and after `graceMs` ends it and what it started by force. Resolves when it is gone.
   * @returns whether force was needed
   */
  async stop(options: { signal?: NodeJS.Signals; graceMs: number }): Promise<'ended' | 'killed'> {
    if (this.exit !== undefined) return 'ended';
    this.child.kill(options.signal ?? 'SIGTERM');
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => {
        resolve('late');
      }, options.graceMs);
    });
    const first = await Promise.race([this.exited.then(() => 'ended' as const), grace]);
    clearTimeout(timer);
    if (first === 'ended') return 'ended';
    this.kill();
    await this.exited;
    return 'killed';
  }

  /** Ends the process and its group by force, at once. */
  kill(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      this.child.kill('SIGKILL');
    }
  }

  private notReady(what: string): ProcessNotReady {
    const { name, logFile } = this.specification;
    return new ProcessNotReady(name, what, logFile, lastLines(this.output()));
  }
}

function describeExit(exit: ProcessExit): string {
  return exit.signal === null ? `ended with exit code ${exit.code ?? 0}` : `was ended by ${exit.signal}`;
}

function prepareLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) return 0;
  const { size } = statSync(file);
  if (size < LOG_LIMIT_BYTES) return size;
  renameSync(file, `${file}.old`);
  return 0;
}

function writtenSince(file: string, from: number): string {
  try {
    return readFileSync(file).subarray(from).toString();
  } catch {
    return '';
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-12).join('\n').slice(-4_000);
}
