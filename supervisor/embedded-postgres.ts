import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { ManagedProcess } from './managed-process';
import { POSTGRES_ROLE, prepareDataFolder } from './postgres-data-folder';
import { clearLeftover } from './postgres-leftover';
import { copyPrograms, type PostgresPrograms, postgresPrograms } from './postgres-programs';
import { asPostgresUser, choosePostgresUser, type PostgresUser } from './postgres-user';
import { StartFailure } from './start-failure';

export interface EmbeddedPostgresOptions {
  /** Holds the cluster; made if it is missing. */
  dataFolder: string;
  port: number;
  logFile: string;
  /** Holds a copy of the programs where the installed ones cannot be used. */
  cache: string;
  /** Settings beside ours, as `postgres -c` takes them. */
  settings?: Readonly<Record<string, string>>;
  env: Readonly<Record<string, string | undefined>>;
  /** Is told what is worth knowing, such as that the data lies elsewhere. */
  tell?: (message: string) => void;
  onSpawn?: (process: ManagedProcess) => void;
  /** See ProcessSpecification. */
  inOurGroup?: boolean;
}

/** A Postgres of ours, on the loopback address. */
export interface EmbeddedPostgres {
  /** `postgres://…` with its password, of a database named `handoff`. */
  url: string;
  process: ManagedProcess;
  stop(): Promise<void>;
}

/** Root could become nobody who may run Postgres. */
export class NoPostgresUser extends StartFailure {
  readonly code = 'no-postgres-user';
  constructor() {
    super(
      'Postgres refuses to run as root, and no other user could be taken. Start as another user, ' +
        'or set DATABASE_URL to a Postgres that runs already.',
    );
  }
}

const READY_WITHIN_MS = 60_000;
const GRACE_MS = 20_000;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  // I15: neither a statement nor the detail of an error ('Key (unit)=… already exists') may bring a patient's key into the log.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_statement: 'none',
};

/**
 * Starts Postgres on its data, of an earlier run or new, and waits until it answers.
 * @throws NoPostgresPrograms, NoPostgresUser, DamagedDataFolder, PostgresStillRuns, ProcessNotReady
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { programs, user, dataFolder } = await placeOf(options);
  const env = environmentOf(options);
  const password = await prepareDataFolder(dataFolder, programs, user, env);
  await clearLeftover(dataFolder);
  const settings = { ...SETTINGS, ...options.settings, port: String(options.port) };
  const {
    command,
    args,
    user: become,
  } = asPostgresUser(user, join(programs, 'bin', 'postgres'), [
    ...['-D', dataFolder],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const server = await ManagedProcess.start({
    name: 'Postgres',
    command,
    args,
    env,
    cwd: '/',
    ...(become === undefined ? {} : { user: become }),
    logFile: options.logFile,
    ...(options.onSpawn === undefined ? {} : { onSpawn: options.onSpawn }),
    ...(options.inOurGroup === undefined ? {} : { inOurGroup: options.inOurGroup }),
  });
  const url = `postgres://${POSTGRES_ROLE}:${password}@127.0.0.1:${options.port}/${POSTGRES_ROLE}`;
  try {
    await server.waitUntilReady(() => databaseReady(url), READY_WITHIN_MS);
  } catch (error) {
    await server.stop({ signal: 'SIGINT', graceMs: 2_000 });
    throw error;
  }
  return {
    url,
    process: server,
    // SIGINT is Postgres' fast shutdown: it ends sessions and writes everything down.
    stop: async () => {
      await server.stop({ signal: 'SIGINT', graceMs: GRACE_MS });
    },
  };
}

/** Nothing of ours may steer Postgres (PGOPTIONS, LC_MESSAGES, LD_LIBRARY_PATH, …). */
function environmentOf({ env }: EmbeddedPostgresOptions): Record<string, string | undefined> {
  return { PATH: env['PATH'], LC_ALL: 'C' };
}

async function databaseReady(url: string): Promise<boolean> {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  const client = new Client({ connectionString: maintenance.href, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [POSTGRES_ROLE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${POSTGRES_ROLE}`);
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface Place {
  programs: PostgresPrograms;
  user: PostgresUser;
  dataFolder: string;
}

/**
 * Where Postgres runs and as whom. Usually what is installed, on the folder asked for; a root that can give neither to another
 * user gets both in a folder that everybody may enter, and a file beside the folder says where from then on.
 */
async function placeOf(options: EmbeddedPostgresOptions): Promise<Place> {
  const { dataFolder, cache, tell } = options;
  const env = environmentOf(options);
  const installed = postgresPrograms(cache);
  const home = dirname(dataFolder);
  mkdirSync(home, { recursive: true });
  const pointer = `${dataFolder}.location`;
  if (!existsSync(pointer)) {
    const user = await choosePostgresUser(installed, home, env);
    if (user !== undefined) return { programs: installed, user, dataFolder };
  }
  const elsewhere = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : enterableFolder(dataFolder);
  mkdirSync(elsewhere, { recursive: true, mode: 0o711 });
  const programs = copyPrograms(installed, elsewhere);
  const user = await choosePostgresUser(programs, elsewhere, env);
  if (user === undefined) throw new NoPostgresUser();
  writeFileSync(pointer, `${elsewhere}\n`);
  tell?.(`Postgres cannot work in ${home} here, so its data lies in ${elsewhere}.`);
  return { programs, user, dataFolder: join(elsewhere, 'data') };
}

function enterableFolder(dataFolder: string): string {
  const name = `warm-handoff-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 12)}`;
  return join(existsSync('/var/lib') ? '/var/lib' : tmpdir(), name);
}
