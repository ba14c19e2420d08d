import { basename } from 'node:path';
import type { Environment } from './config';

/**
 * How this command was started, for what it tells people to run next: `handoff` where a shell found it by that name, the path of
 * `handoff.js` where that was given, else `npx handoff`, which works in a clone.
 */
export function startedAs(env: Environment): string {
  // Shells say in `_` what they ran. Below npx they still do, of npx's own.
  const ran = env['_'] ?? '';
  if (env['npm_command'] !== undefined) return 'npx handoff';
  if (basename(ran) === 'handoff') return 'handoff';
  return basename(ran) === 'handoff.js' && !/\s/.test(ran) ? ran : 'npx handoff';
}
