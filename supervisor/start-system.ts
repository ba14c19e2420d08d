import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageRoot } from '../platform/package-root';
import { prepareHome } from './home-folder';
import { lockHome } from './home-lock';
import { readRunState } from './run-record';
import type { RunningSystem, SystemOptions } from './running-system';
import { StartFailure } from './start-failure';
import { StartInterrupted, System } from './system';

/** `npm run build` has not been run, or not to its end. */
export class NotBuilt extends StartFailure {
  readonly code = 'not-built';
  constructor(missing: string) {
    super(`${missing} is missing. Run \`npm run build\`, then start again.`);
  }
}

/**
 * Starts Temporal, Postgres, the schema, worker, API and sandbox, in this order, each when the one before is ready. What a killed
 * run left behind on the same folder is ended first.
 * @throws StartFailure with what to do; everything started by then has been ended
 */
export async function startSystem(wanted: SystemOptions): Promise<RunningSystem> {
  // Processes have working folders of their own.
  const options = { ...wanted, home: resolve(wanted.home) };
  const { home } = options;
  requireBuild();
  const { logs } = prepareHome(home);
  const unlock = lockHome(home, () => readRunState(home)?.apiUrl);
  const system = new System(options, logs);
  try {
    return await system.start(unlock);
  } catch (error) {
    await system.stop(false);
    unlock();
    throw options.signal?.aborted === true ? new StartInterrupted() : error;
  }
}

function requireBuild(): void {
  for (const built of ['dist/worker/main.js', 'dist/api/main.js', 'dist/sandbox/main.js', 'dist/workflow-bundle.js']) {
    if (!existsSync(join(packageRoot(), built))) throw new NotBuilt(built);
  }
}
