import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProcess, runningProcess, stillRuns } from '../platform/process-identity';
import { StartFailure } from './start-failure';

const FAST_SHUTDOWN_MS = 15_000;
const BACKENDS_END_MS = 10_000;

/** A Postgres of an earlier run does not end. */
export class PostgresStillRuns extends StartFailure {
  readonly code = 'postgres-still-runs';
  constructor(folder: string, pid: number) {
    super(
      `A Postgres of an earlier run (process ${pid}) still works on ${folder} and does not end. End it, then start again.`,
    );
  }
}

/**
 * Clears the way for a new Postgres after a run that was killed: ends the one that still works on the folder, and makes a lock
 * file that nobody holds any more harmless. Postgres itself refuses to start where the process in its lock file is a zombie
 * or, by now, somebody else's.
 * @throws PostgresStillRuns
 */
export async function clearLeftover(folder: string): Promise<void> {
  const lock = join(folder, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const lines = readFileSync(lock, 'utf8').split('\n');
  const found = runningProcess(Number(lines[0]));
  if (found !== undefined && worksOn(found, folder)) await end(found, folder);
  await backendsEnded(folder);
  if (!existsSync(lock)) return;
  // Postgres takes a lock with its parent's number for a stale one, and then still makes sure by the shared memory named
  // further down that no process of the earlier run is left. Deleting the file would take that check away.
  writeFileSync(lock, [String(process.pid), ...lines.slice(1)].join('\n'));
}

/** Postgres makes its data's folder its working folder; where the system does not tell, its command line has it. */
function worksOn(candidate: RunningProcess, folder: string): boolean {
  if (!candidate.command.includes('postgres')) return false;
  if (candidate.workingFolder !== undefined) return candidate.workingFolder === realpathSync(folder);
  return candidate.command.includes(`-D ${folder}`);
}

async function end(postmaster: RunningProcess, folder: string): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', FAST_SHUTDOWN_MS],
    ['SIGQUIT', 5_000],
  ] as const) {
    try {
      process.kill(postmaster.pid, signal);
    } catch {
      return;
    }
    if (await within(waitMs, () => !stillRuns(postmaster))) return;
  }
  throw new PostgresStillRuns(folder, postmaster.pid);
}

/** Backends whose postmaster was killed notice it within moments. */
async function backendsEnded(folder: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const real = realpathSync(folder);
  const backends = (): RunningProcess[] =>
    readdirSync('/proc')
      .map((name) => runningProcess(Number(name)))
      .filter((found) => found !== undefined)
      .filter((found) => found.command.startsWith('postgres') && found.workingFolder === real);
  if (await within(BACKENDS_END_MS, () => backends().length === 0)) return;
  const [left] = backends();
  if (left !== undefined) throw new PostgresStillRuns(folder, left.pid);
}

async function within(ms: number, done: () => boolean): Promise<boolean> {
  for (const deadline = Date.now() + ms; ;) {
    if (done()) return true;
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
