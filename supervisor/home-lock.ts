import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, type ProcessIdentity, stillRuns } from './process-identity';
import { StartFailure } from './start-failure';

/** The data folder belongs to a system that runs. */
export class SystemRunsAlready extends StartFailure {
  readonly code = 'system-runs-already';
  constructor(home: string, pid: number, url: string | undefined) {
    const where = url === undefined ? 'It is still starting' : `Its API is ${url}`;
    super(
      `A system already runs on ${home} (process ${pid}). ${where}. Use that one, or end it first, ` +
        'or set HANDOFF_HOME to another folder (and the ports to others) to run a second one.',
    );
  }
}

/**
 * Takes a data folder for this process, so that one system at most works on it. The lock of a process that has ended is taken over.
 * @param urlOfRunning gives the URL to name in the error
 * @returns what gives the folder back
 * @throws SystemRunsAlready
 */
export function lockHome(home: string, urlOfRunning: () => string | undefined): () => void {
  const lock = join(home, 'supervisor.lock');
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  try {
    for (;;) {
      if (linked(mine, lock)) break;
      const holder = holderOf(lock);
      if (holder !== undefined && stillRuns(holder)) throw new SystemRunsAlready(home, holder.pid, urlOfRunning());
      takeAway(lock, holder);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    if (holderOf(lock)?.pid === process.pid) rmSync(lock, { force: true });
  };
}

function linked(mine: string, lock: string): boolean {
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(lock: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(lock, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/** Moves a dead process's lock away. Somebody may have been quicker and hold it by now: then it is put back. */
function takeAway(lock: string, dead: ProcessIdentity | undefined): void {
  const aside = `${lock}.stale-${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  const taken = holderOf(aside);
  const living = taken !== undefined && taken.started !== dead?.started && stillRuns(taken);
  if (living) linked(aside, lock);
  rmSync(aside, { force: true });
}
