import { Connection } from '@temporalio/client';
import { closeSync, existsSync, mkdirSync, openSync, readSync } from 'node:fs';
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
}

const READY_WITHIN_MS = 30_000;
const GRACE_MS = 10_000;

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
  if (options.databaseFile !== undefined) prepareDatabaseFile(options.databaseFile);
  const address = `127.0.0.1:${options.port}`;
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
  });
  try {
    await server.waitUntilReady(() => namespaceAnswers(address), READY_WITHIN_MS);
  } catch (error) {
    server.kill();
    throw error;
  }
  return {
    address,
    ...(options.uiPort === undefined ? {} : { uiUrl: `http://127.0.0.1:${options.uiPort}` }),
    process: server,
    stop: async () => {
      await server.stop({ signal: 'SIGINT', graceMs: GRACE_MS });
    },
  };
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

function prepareDatabaseFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) {
    // What SQLite adds beside it (journals) gets the same permissions.
    closeSync(openSync(file, 'a', 0o600));
    return;
  }
  const head = Buffer.alloc(SQLITE_MAGIC.length);
  const descriptor = openSync(file, 'r');
  try {
    const read = readSync(descriptor, head, 0, head.length, 0);
    // An empty file is a database without a table.
    if (read > 0 && head.toString('latin1') !== SQLITE_MAGIC) throw new DamagedWorkflowStore(file);
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
