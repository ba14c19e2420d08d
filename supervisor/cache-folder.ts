import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../platform/package-root';

/**
 * Where downloaded programs are kept between runs, made if it is missing: HANDOFF_CACHE, else the user's cache folder, else
 * one inside the installation where that cannot be written.
 */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { HANDOFF_CACHE, XDG_CACHE_HOME } = environment;
  if (HANDOFF_CACHE !== undefined && HANDOFF_CACHE !== '') return made(HANDOFF_CACHE);
  const userCache = XDG_CACHE_HOME !== undefined && XDG_CACHE_HOME !== '' ? XDG_CACHE_HOME : join(homedir(), '.cache');
  try {
    return made(join(userCache, 'warm-handoff'));
  } catch {
    return made(join(packageRoot(), '.handoff', 'cache'));
  }
}

function made(folder: string): string {
  mkdirSync(folder, { recursive: true });
  accessSync(folder, constants.W_OK);
  return folder;
}
