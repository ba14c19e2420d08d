import { join } from 'node:path';
import { packageRoot } from '../platform/package-root';
import { ManagedProcess } from './managed-process';
import type { PartDefinition } from './supervised-part';

export interface NodePartOptions {
  name: 'worker' | 'api' | 'sandbox';
  environment: Readonly<Record<string, string | undefined>>;
  logFile: string;
  /** A URL that answers 200 when it is ready. */
  readyUrl: string;
  /** Is told which process it is, and what stands in its command line. */
  note: (process: ManagedProcess, marker: string) => void;
}

/**
 * In MB. Sides are answered from memory in microseconds: what a question leaves behind is collected more rarely, and pauses fewer answers.
 * Matchers read thousands of events at once, which are gone a moment later.
 */
export const HEAP_ARGS = ['--max-semi-space-size=32'];
/**
 * In MB, for each of a worker's threads. A heap that may become as large as the machine lets it grows fourfold before it is looked through: most of what a worker
 * held was garbage.
 */
export const WORKER_HEAP_ARGS = [...HEAP_ARGS, '--max-old-space-size=1024'];
/**
 * For a worker's process: glibc otherwise keeps a heap of its own for each thread of Temporal's core that ever allocated, and gives little of it back.
 */
export const WORKER_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };
const READY_WITHIN_MS = 60_000;
/** Longer than each of them gives itself to drain. */
const GRACE_MS: Readonly<Record<NodePartOptions['name'], number>> = { worker: 15_000, api: 12_000, sandbox: 6_000 };

const ARGS: Readonly<Record<NodePartOptions['name'], readonly string[]>> = {
  worker: WORKER_HEAP_ARGS,
  api: HEAP_ARGS,
  sandbox: [],
};

/** A process of our own build. */
export function nodePart({ name, environment, logFile, readyUrl, note }: NodePartOptions): PartDefinition {
  const main = join(packageRoot(), 'dist', name, 'main.js');
  return {
    name,
    signal: 'SIGTERM',
    graceMs: GRACE_MS[name],
    launch: async (onSpawn) => {
      const started = await ManagedProcess.start({
        name,
        command: process.execPath,
        args: ['--enable-source-maps', ...ARGS[name], main],
        env: name === 'worker' ? { ...WORKER_ENVIRONMENT, ...environment } : environment,
        cwd: packageRoot(),
        logFile,
        onSpawn: (spawned) => {
          onSpawn(spawned);
          note(spawned, main);
        },
      });
      try {
        await started.waitUntilReady(() => answers(readyUrl), READY_WITHIN_MS);
      } catch (error) {
        started.kill();
        await started.exited;
        throw error;
      }
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok;
}
