import { Connection } from '@temporalio/client';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { ManagedProcess } from './managed-process';
import { StartFailure } from './start-failure';

export interface EmbeddedTemporalOptions {
  /** The `temporal` program. */
  binary: string;
  /** Keeps workflows over restarts; without it they end with the server. */
  databaseFile?: string;
  port: number;
  /** Temporal's own UI; without it there is none. */
  uiPort?: number;
  logFile: string;
  env: Readonly<Record<string, string | undefined>>;
  onSpawn?: (process: ManagedProcess) => void;
  /** See ProcessSpecification. */
  inOurGroup?: boolean;
}

const READY_WITHIN_MS = 30_000;
const GRACE_MS = 10_000;
const PORT_CONFLICT_MS = 3_000;

/** A Temporal server of ours, on the loopback address. */
export interface EmbeddedTemporal {
  address: string;
  uiUrl?: string;
  process: ManagedProcess;
  stop(): Promise<void>;
}

/**
 * Starts a Temporal server and waits until its `default` namespace answers.
 * @throws DamagedWorkflowStore, ProcessNotReady
 */
export async function startEmbeddedTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  if (options.databaseFile !== undefined) await prepareDatabaseFile(options.databaseFile, options);
  const server = await startServer(options);
  return {
    address: addressOf(options),
    ...(options.uiPort === undefined ? {} : { uiUrl: `http://127.0.0.1:${options.uiPort}` }),
    process: server,
    stop: () => stopServer(server),
  };
}

async function startServer(options: EmbeddedTemporalOptions): Promise<ManagedProcess> {
  const server = await ManagedProcess.start({
    name: 'Temporal server',
    command: options.binary,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(options.port), '--log-level', 'error'],
      ...(options.databaseFile === undefined ? [] : ['--db-filename', options.databaseFile]),
      ...(options.uiPort === undefined ? ['--headless'] : ['--ui-port', String(options.uiPort)]),
      // Timers under a second would take a second: compressed time needs them exact.
      ...['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="20ms"'],
      ...['--color', 'never'],
    ],
    env: options.env,
    logFile: options.logFile,
    ...(options.onSpawn === undefined ? {} : { onSpawn: options.onSpawn }),
    ...(options.inOurGroup === undefined ? {} : { inOurGroup: options.inOurGroup }),
  });
  try {
    await server.waitUntilReady(() => answersItself(server, options), READY_WITHIN_MS);
    return server;
  } catch (error) {
    server.kill();
    await server.exited;
    throw error;
  }
}

/** Where somebody else took the port in between, it is their server that answers, while ours is about to give up. */
async function answersItself(server: ManagedProcess, options: EmbeddedTemporalOptions): Promise<boolean> {
  const saysSo = /^(?:Temporal )?Server:/m.test(server.output());
  // A release that says it in other words has had the time to find the port taken.
  return (saysSo || server.age > PORT_CONFLICT_MS) && (await namespaceAnswers(addressOf(options)));
}

async function stopServer(server: ManagedProcess): Promise<void> {
  await server.stop({ signal: 'SIGINT', graceMs: GRACE_MS });
}

function addressOf({ port }: EmbeddedTemporalOptions): string {
  return `127.0.0.1:${port}`;
}

/** The file that keeps workflows is none that Temporal wrote. It was not touched. */
export class DamagedWorkflowStore extends StartFailure {
  readonly code = 'damaged-workflow-store';
  constructor(file: string) {
    super(
      `Temporal cannot use ${file}: it is no SQLite database. Nothing was changed or deleted. Bring the file back from a backup; ` +
        'or, if the state of every migration may be lost, move it away and start again: an empty one is made.',
    );
  }
}

/** How every SQLite database begins (https://www.sqlite.org/fileformat2.html, 1.3.1). */
const SQLITE_MAGIC = 'SQLite format 3\0';

/**
 * Checks the file, or makes it. Temporal sets up its tables only where there is no file, and a run killed in the middle of that
 * would leave one that never works: so it is made beside, and appears whole by a rename.
 */
async function prepareDatabaseFile(file: string, options: EmbeddedTemporalOptions): Promise<void> {
  if (existsSync(file)) {
    if (!isDatabase(file)) throw new DamagedWorkflowStore(file);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  const made = `${file}.new`;
  for (const left of [made, `${made}-journal`]) rmSync(left, { force: true });
  const { uiPort: _none, ...headless } = options;
  await stopServer(await startServer({ ...headless, databaseFile: made }));
  chmodSync(made, 0o600);
  renameSync(made, file);
}

function isDatabase(file: string): boolean {
  const head = Buffer.alloc(SQLITE_MAGIC.length);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, head.length, 0);
    return head.toString('latin1') === SQLITE_MAGIC;
  } finally {
    closeSync(descriptor);
  }
}

/** Whether a Temporal server answers there and has the namespace. */
export async function namespaceAnswers(address: string, namespace = 'default'): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.withDeadline(Date.now() + 2_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } finally {
    await connection.close();
  }
}
