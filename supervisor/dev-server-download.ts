import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FETCH_DEADLINE_MS = 240_000;

/** Where `downloadDevServer` puts the program. */
export function downloadedDevServerPath(cache: string): string {
  return join(cache, 'temporal-sdk', 'temporal');
}

/**
 * Fetches the `temporal` program the way the Temporal SDK does for its tests, and keeps it in the cache.
 * @returns its path
 * @throws Error where the network or the platform does not allow it
 */
export async function downloadDevServer(cache: string): Promise<string> {
  const work = mkdtempSync(join(cache, 'download-'));
  try {
    await fetchInto(work);
    const program = readdirSync(work).find((file) => file.startsWith('temporal'));
    if (program === undefined || !existsSync(join(work, program))) throw new Error('the SDK left no program behind');
    const path = downloadedDevServerPath(cache);
    mkdirSync(dirname(path), { recursive: true });
    renameSync(join(work, program), path);
    return path;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function fetchInto(downloadDir: string): Promise<void> {
  // Loaded only here: it brings the SDK's native runtime along.
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const { Runtime, DefaultLogger } = await import('@temporalio/worker');
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR', () => undefined) });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it did not end within ${FETCH_DEADLINE_MS / 1000} s`));
    }, FETCH_DEADLINE_MS);
  });
  try {
    // The SDK fetches only in order to run: the server is up for a moment.
    const server = TestWorkflowEnvironment.createLocal({
      server: { executable: { type: 'cached-download', downloadDir } },
    });
    const environment = await Promise.race([server, late]);
    await environment.teardown();
  } finally {
    clearTimeout(timer);
    await Runtime.instance().shutdown();
  }
}
