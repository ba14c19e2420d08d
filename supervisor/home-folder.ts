import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { StartFailure } from './start-failure';

/** The folder for data cannot be made. */
export class HomeNotMade extends StartFailure {
  readonly code = 'home-not-made';
  constructor(home: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    super(`The folder ${home} cannot be made or written${code}. Set HANDOFF_HOME to one that you may write.`, {
      cause,
    });
  }
}

/**
 * Makes the folder that keeps data, logs, keys and tokens, unless it is there.
 * @throws HomeNotMade
 */
export function prepareHome(home: string): { logs: string } {
  const logs = join(home, 'logs');
  try {
    mkdirSync(home, { recursive: true });
    // One that holds something already has its owner's permissions, and keeps them.
    if (readdirSync(home).length === 0) {
      // Where we are root, Postgres runs as another user, who has to pass through to its data. What lies here is closed by itself.
      chmodSync(home, process.getuid?.() === 0 ? 0o711 : 0o700);
    }
    mkdirSync(logs, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new HomeNotMade(home, error);
  }
  return { logs };
}
