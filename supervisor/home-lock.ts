import { FolderTaken, lockFolder } from '../platform/folder-lock';
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
  try {
    return lockFolder(home, 'supervisor.lock');
  } catch (error) {
    if (error instanceof FolderTaken) throw new SystemRunsAlready(home, error.pid, urlOfRunning());
    throw error;
  }
}
