import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresPrograms } from './postgres-programs';

/**
 * As whom Postgres runs. It refuses to run as root, so root has to become somebody else: another user where that user can
 * reach programs and data; else root stays the owner of both, and Postgres runs in a user namespace in which it is not root.
 */
export type PostgresUser =
  { kind: 'self' } | { kind: 'user'; uid: number; gid: number } | { kind: 'namespace'; uid: number; gid: number };

/** How a program of Postgres is run as that user. */
export interface UserCommand {
  command: string;
  args: string[];
  user?: { uid: number; gid: number };
}

export function asPostgresUser(user: PostgresUser, command: string, args: readonly string[]): UserCommand {
  switch (user.kind) {
    case 'self':
      return { command, args: [...args] };
    case 'user':
      return { command, args: [...args], user: { uid: user.uid, gid: user.gid } };
    case 'namespace':
      // unshare becomes the program (no fork), so the process we start is the program itself.
      return {
        command: 'unshare',
        args: ['--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, command, ...args],
      };
  }
}

/** Whose the data must be, as the file system sees it; undefined where we cannot and need not choose. */
export function ownerOfData(user: PostgresUser): { uid: number; gid: number } | undefined {
  if (user.kind === 'self') return undefined;
  return user.kind === 'user' ? { uid: user.uid, gid: user.gid } : { uid: 0, gid: 0 };
}

/**
 * Chooses the user.
 * @param folder will hold the data's folder, and exists
 * @returns undefined where neither way leads to the programs and the folder
 */
export async function choosePostgresUser(
  programs: PostgresPrograms,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<PostgresUser | undefined> {
  if (process.getuid?.() !== 0) return { kind: 'self' };
  const account = unprivilegedAccount();
  if (account === undefined) return undefined;
  const ways: PostgresUser[] = [
    { kind: 'user', ...account },
    { kind: 'namespace', ...account },
  ];
  for (const way of ways) {
    if (await reaches(way, programs, folder, env)) return way;
  }
  return undefined;
}

async function reaches(
  user: PostgresUser,
  programs: PostgresPrograms,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const postgres = join(programs, 'bin', 'postgres');
  const template = join(programs, 'share', 'postgresql', 'postgres.bki');
  const check = '"$0" --version && test -r "$1" && cd "$2"';
  const { command, args, user: become } = asPostgresUser(user, '/bin/sh', ['-c', check, postgres, template, folder]);
  try {
    await promisify(execFile)(command, args, { cwd: '/', env, timeout: 10_000, ...become });
    return true;
  } catch {
    return false;
  }
}

/** initdb wants a user with an account. */
function unprivilegedAccount(): { uid: number; gid: number } | undefined {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody', 'daemon']) {
    const account = accounts.find((fields) => fields[0] === name);
    const [uid, gid] = [Number(account?.[2]), Number(account?.[3])];
    if (Number.isSafeInteger(uid) && Number.isSafeInteger(gid) && uid > 0) return { uid, gid };
  }
  return undefined;
}
