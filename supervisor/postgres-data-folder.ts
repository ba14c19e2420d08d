import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresPrograms } from './postgres-programs';
import { asPostgresUser, ownerOfData, type PostgresUser } from './postgres-user';
import { StartFailure } from './start-failure';

export const POSTGRES_ROLE = 'handoff';
/** Lies in the data's folder, so that the one is never there without the other. */
const PASSWORD_FILE = 'handoff-password';
const INITDB_DEADLINE_MS = 60_000;

/** The data's folder is there, and is not one that this Postgres can use. Nothing in it was changed. */
export class DamagedDataFolder extends StartFailure {
  readonly code = 'damaged-data-folder';
  constructor(folder: string, what: string) {
    super(
      `Postgres cannot use its data in ${folder}: ${what}. Nothing was changed or deleted. ` +
        'Bring the folder back from a backup; or, if its data may be lost, move it away and start again: an empty one is made.',
    );
  }
}

/** Postgres' initdb failed. */
export class DataFolderNotMade extends StartFailure {
  readonly code = 'data-folder-not-made';
  constructor(folder: string, said: string) {
    super(`Postgres could not make its data's folder ${folder}. It said:\n${said}`);
  }
}

/**
 * Makes the folder with an empty cluster, or checks the one that is there and gives it to the user Postgres runs as.
 * @returns the password of `POSTGRES_ROLE`
 * @throws DamagedDataFolder, DataFolderNotMade
 */
export async function prepareDataFolder(
  folder: string,
  programs: PostgresPrograms,
  user: PostgresUser,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (!existsSync(folder) || readdirSync(folder).length === 0) await makeCluster(folder, programs, user, env);
  else checkCluster(folder);
  const owner = ownerOfData(user);
  if (owner !== undefined && statSync(folder).uid !== owner.uid) giveTo(owner, folder);
  return readFileSync(join(folder, PASSWORD_FILE), 'utf8').trim();
}

/** The major version these programs write: PG_VERSION of a cluster must be the same. */
const MAJOR_VERSION = '18';

function checkCluster(folder: string): void {
  const versionFile = join(folder, 'PG_VERSION');
  if (!existsSync(versionFile)) throw new DamagedDataFolder(folder, 'its file PG_VERSION is missing');
  const version = readFileSync(versionFile, 'utf8').trim();
  if (version !== MAJOR_VERSION) {
    throw new DamagedDataFolder(
      folder,
      /^\d+$/.test(version)
        ? `it was written by Postgres ${version}, this is ${MAJOR_VERSION}`
        : 'its file PG_VERSION holds no version',
    );
  }
  for (const needed of [
    'global/pg_control',
    'base',
    'pg_wal',
    'pg_xact',
    'postgresql.conf',
    'pg_hba.conf',
    PASSWORD_FILE,
  ]) {
    if (!existsSync(join(folder, needed))) throw new DamagedDataFolder(folder, `${needed} is missing in it`);
  }
}

/** initdb works beside the folder, which appears whole by a rename: a crash in the middle leaves nothing half made. */
async function makeCluster(
  folder: string,
  programs: PostgresPrograms,
  user: PostgresUser,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const work = `${folder}.new-${process.pid}`;
  const passwordFile = `${folder}.password-${process.pid}`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  mkdirSync(work, { mode: 0o700 });
  const password = randomBytes(24).toString('base64url');
  try {
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    const owner = ownerOfData(user);
    if (owner !== undefined) {
      chownSync(work, owner.uid, owner.gid);
      chownSync(passwordFile, owner.uid, owner.gid);
    }
    const {
      command,
      args,
      user: become,
    } = asPostgresUser(user, join(programs, 'bin', 'initdb'), [
      ...['-D', work, '-U', POSTGRES_ROLE, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      // The same order of text on every machine.
      ...['-E', 'UTF8', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C'],
      ...['--no-instructions', '--no-sync'],
    ]);
    await promisify(execFile)(command, args, { cwd: '/', env, timeout: INITDB_DEADLINE_MS, ...become });
    renameSync(passwordFile, join(work, PASSWORD_FILE));
    chmodSync(work, 0o700);
    renameSync(work, folder);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new DataFolderNotMade(
      folder,
      stderr === undefined || stderr.trim() === '' ? message : stderr.trim().slice(-2_000),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(passwordFile, { force: true });
  }
}

function giveTo(owner: { uid: number; gid: number }, folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(folder, entry), owner.uid, owner.gid);
  }
  // Last: its owner says whether this was done to the end.
  chownSync(folder, owner.uid, owner.gid);
}
