import { readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stillRuns } from '../../platform/process-identity';
import { endLeftovers, readRunState } from '../../supervisor/run-record';

/** Folders of systems that rehearsals bring up for themselves. */
export const TEMPORARY_PREFIX = 'handoff-rehearsal-';

/** A start that is under way has written its record by then. */
const SETTLED_AFTER = 600_000;

/**
 * Ends and removes what rehearsals of this user left behind when they were killed: such a system has a record, and the supervisor
 * named there runs no more. Gives how many there were. What cannot be removed is left for the next time.
 */
export async function clearForsaken(parent = tmpdir()): Promise<number> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(TEMPORARY_PREFIX));
  let cleared = 0;
  for (const home of names.map((name) => join(parent, name))) {
    if (!(await isForsaken(home))) continue;
    try {
      await endLeftovers(home);
      await rm(home, { recursive: true, force: true });
      cleared += 1;
    } catch {
      // Its processes or files are somebody else's.
    }
  }
  return cleared;
}

async function isForsaken(home: string): Promise<boolean> {
  const found = await stat(home).catch(() => undefined);
  if (found?.uid !== process.getuid?.()) return false;
  const state = readRunState(home);
  return state === undefined ? Date.now() - (found?.mtimeMs ?? 0) > SETTLED_AFTER : !stillRuns(state.supervisor);
}
