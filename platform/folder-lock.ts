import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, type ProcessIdentity, stillRuns } from './process-identity';

/** The folder belongs to a process that runs. */
export class FolderTaken extends Error {
  constructor(readonly pid: number) {
    super(`Process ${pid} uses this folder.`);
    this.name = 'FolderTaken';
  }
}

/**
 * Takes a folder for this process, so that one at most works on it. The lock of a process that has ended is taken over.
 * @param name of the lock's file
 * @returns what gives the folder back
 * @throws FolderTaken
 */
export function lockFolder(folder: string, name: string): () => void {
  const lock = join(folder, name);
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  try {
    for (;;) {
      if (linked(mine, lock)) break;
      const holder = holderOf(lock);
      if (holder !== undefined && stillRuns(holder)) throw new FolderTaken(holder.pid);
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
