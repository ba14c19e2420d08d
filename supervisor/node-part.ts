import { join } from 'node:path';
import { packageRoot } from '../platform/package-root';
import { ManagedProcess } from './managed-process';
import type { PartDefinition } from './supervised-part';

export interface NodePartOptions {
  name: 'worker' | 'api' | 'sandbox';
  environment: Readonly<Record<string, string | undefined>>;
  logFile: string;
  /** A URL that answers 200 when it is ready; or `loggedReady`, where it listens to nobody and says so in its log. */
  readiness: string;
  /** Is told which process it is, and what stands in its command line. */
  note: (process: ManagedProcess, marker: string) => void;
}

const READY_WITHIN_MS = 60_000;
/** Longer than each of them gives itself to drain. */
const GRACE_MS: Readonly<Record<NodePartOptions['name'], number>> = { worker: 15_000, api: 12_000, sandbox: 6_000 };

/** A process of our own build. */
export function nodePart({ name, environment, logFile, readiness, note }: NodePartOptions): PartDefinition {
  const main = join(packageRoot(), 'dist', name, 'main.js');
  return {
    name,
    signal: 'SIGTERM',
    graceMs: GRACE_MS[name],
    launch: async (onSpawn) => {
      const started = await ManagedProcess.start({
        name,
        command: process.execPath,
        args: ['--enable-source-maps', main],
        env: environment,
        cwd: packageRoot(),
        logFile,
        onSpawn: (spawned) => {
          onSpawn(spawned);
          note(spawned, main);
        },
      });
      try {
        await started.waitUntilReady(
          () => (readiness === 'loggedReady' ? Promise.resolve(saysReady(started)) : answers(readiness)),
          READY_WITHIN_MS,
        );
      } catch (error) {
        started.kill();
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

function saysReady(started: ManagedProcess): boolean {
  return started
    .output()
    .split('\n')
    .some((line) => line.startsWith('{') && line.includes('"msg":"ready"'));
}
