import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

export interface Usage {
  /** Microseconds of CPU, in the program and in the system, since it started. */
  cpu: number;
  residentBytes: number;
}

export interface MeasuredProcessOptions {
  /** For messages. */
  name: string;
  script: string;
  args?: readonly string[];
  /** Of Node itself. */
  nodeArgs?: readonly string[];
  env?: Readonly<Record<string, string | undefined>>;
  /** The script is TypeScript of this repository. */
  typescript?: boolean;
}

const TYPESCRIPT_HOOK = join(__dirname, '..', '..', 'tests', 'integration', 'facts', 'typescript-hook.cjs');
const ENDS_WITHIN_MS = 15_000;

/** A process of its own that tells its own usage. With BENCH_CPU_PROFILES it leaves a CPU profile in that folder when it ends. */
export class MeasuredProcess {
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    readonly exited: Promise<number | null>,
  ) {}

  static start({
    name,
    script,
    args = [],
    nodeArgs = [],
    env = {},
    typescript = false,
  }: MeasuredProcessOptions): MeasuredProcess {
    const profiles = process.env['BENCH_CPU_PROFILES'];
    const child = fork(script, args, {
      env: { ...process.env, ...env },
      execArgv: [
        ...nodeArgs,
        ...['--enable-source-maps', '--require', join(__dirname, 'answer-usage.cjs')],
        ...(typescript ? ['--require', TYPESCRIPT_HOOK] : []),
        ...(profiles === undefined || profiles === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`]),
      ],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const exited = new Promise<number | null>((resolve) => {
      child.once('exit', resolve);
    });
    return new MeasuredProcess(name, child, exited);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async usage(): Promise<Usage> {
    const { usage } = await this.ask<{ usage: { user: number; system: number; residentBytes: number } }>('usage');
    return { cpu: usage.user + usage.system, residentBytes: usage.residentBytes };
  }

  /** Sends a message and gives the next one that comes back. One at a time. @throws Error where the process ends first */
  async ask<Answer>(message: unknown): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const gone = (code: number | null): void => {
        reject(new Error(`The ${this.name} ended with ${String(code)} while it was asked.`));
      };
      this.child.once('exit', gone);
      this.child.once('message', (answer) => {
        this.child.off('exit', gone);
        resolve(answer as Answer);
      });
      this.child.send(message as string, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  /** @throws Error where it does not listen in time */
  async listensAt(port: number, path = '/'): Promise<void> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const answers = await fetch(`http://127.0.0.1:${port}${path}`).then(
        async (response) => (await response.arrayBuffer(), true),
        () => false,
      );
      if (answers) return;
      if (this.child.exitCode !== null || Date.now() > deadline) throw new Error(`The ${this.name} does not listen.`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), ENDS_WITHIN_MS);
    await this.exited;
    clearTimeout(late);
  }
}
