import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuntimeSocket } from '../../adapters/haproxy/runtime-api';
import { askRuntimeApi } from '../../adapters/haproxy/runtime-api';
import { freePort } from '../../supervisor/free-port';
import { until } from '../setup/until';

/** How a backend keeps its clients, as lines of the file. `SESSION` is the cookie that a stick table goes by. */
export const STICKINESS = {
  cookie: ['cookie SIDE insert indirect nocache'],
  dynamicCookie: ['dynamic-cookie-key of-the-file', 'cookie SIDE insert indirect nocache dynamic'],
  stickTable: ['stick-table type string len 64 size 200k', 'stick on req.cook(SESSION)'],
} as const;

export interface RunningHaproxy {
  readonly socket: RuntimeSocket;
  /** Where the backend of that name is asked. */
  url(backend: string): string;
  /** As somebody at the machine would: commands on the stats socket. */
  command(...commands: string[]): Promise<string>;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** A new process with the same file takes over; the old one ends when its connections do. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** @throws where there is none: these tests have no meaning without it */
export function requireHaproxy(): void {
  try {
    execFileSync('haproxy', ['-v'], { stdio: 'ignore' });
  } catch {
    throw new Error(
      'The program `haproxy` is missing: this suite runs against a real one. Install it (Debian, Ubuntu: apt-get install haproxy; macOS: brew install haproxy), then run it again.',
    );
  }
}

/**
 * A HAProxy with one backend of two servers for each name, on ports of its own, and a second one that plays all the stacks: it answers with
 * the name of the side that was asked.
 */
export async function startHaproxy(
  backends: readonly {
    name: string;
    stickiness: keyof typeof STICKINESS;
    /** Where its target's agent checks ask, and what. */
    agent?: { port: number; send: string };
  }[],
): Promise<RunningHaproxy> {
  requireHaproxy();
  const folder = mkdtempSync(join(tmpdir(), 'handoff-haproxy-'));
  const stacks = { legacy: await freePort(), target: await freePort() };
  const ports = new Map<string, number>();
  for (const { name } of backends) ports.set(name, await freePort());
  const socket = join(folder, 'admin.sock');

  const defaults = ['defaults', ' mode http', ' timeout connect 2s', ' timeout client 30s', ' timeout server 30s'];
  const stackFile = [
    ...['global', ' nbthread 1', ...defaults],
    ...Object.entries(stacks).flatMap(([side, port]) => [
      `frontend ${side}`,
      ` bind 127.0.0.1:${port}`,
      ` http-request return status 200 content-type text/plain string ${side}`,
    ]),
  ];
  const proxyFile = [
    ...['global', ' nbthread 2', ` stats socket ${socket} mode 600 level admin`, ...defaults],
    ...backends.flatMap(({ name, stickiness, agent }) => {
      const cookie = (side: string): string => (stickiness === 'cookie' ? ` cookie ${side}` : '');
      const check =
        agent === undefined
          ? ''
          : ` agent-check agent-addr 127.0.0.1 agent-port ${agent.port} agent-inter 200ms agent-send "${agent.send}\\n"`;
      return [
        ...[`frontend to-${name}`, ` bind 127.0.0.1:${ports.get(name)}`, ` default_backend ${name}`],
        ...[`backend ${name}`, ' balance roundrobin', ...STICKINESS[stickiness].map((line) => ` ${line}`)],
        ` server legacy 127.0.0.1:${stacks.legacy} weight 256${cookie('legacy')}`,
        ` server target 127.0.0.1:${stacks.target} weight 0${cookie('target')}${check}`,
      ];
    }),
  ];
  const run = (name: string, lines: readonly string[]): ChildProcess => {
    const file = join(folder, `${name}.cfg`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    // A master and its worker in a group of their own: a kill reaches both, as a machine that goes down would.
    return spawn('haproxy', ['-W', '-db', '-f', file], { detached: true, stdio: 'ignore' });
  };
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
    await exited;
  };
  const pidInForce = async (): Promise<string | undefined> =>
    /^Pid: (\d+)$/m.exec(await askRuntimeApi({ path: socket }, ['show info']))?.[1];

  const stack = run('stacks', stackFile);
  let proxy: ChildProcess | undefined;
  const running: RunningHaproxy = {
    socket: { path: socket },
    url: (backend) => `http://127.0.0.1:${ports.get(backend)}`,
    command: (...commands) => askRuntimeApi({ path: socket }, commands),
    kill: async () => {
      if (proxy !== undefined) await end(proxy);
    },
    start: async () => {
      proxy = run('proxy', proxyFile);
      const [first = ''] = ports.keys();
      await until(
        'HAProxy routes',
        async () => (await fetch(running.url(first))).ok && (await pidInForce()) !== undefined,
      );
    },
    reload: async () => {
      const before = await pidInForce();
      proxy?.kill('SIGUSR2');
      await until('the new process is in force', async () => ![before, undefined].includes(await pidInForce()));
    },
    stop: async () => {
      await running.kill();
      await end(stack);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await running.start();
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}
