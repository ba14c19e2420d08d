import { Connection } from '@temporalio/client';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { ManagedProcess } from './managed-process';

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
 * @throws ProcessNotReady
 */
export async function startEmbeddedTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  if (options.databaseFile !== undefined) mkdirSync(dirname(options.databaseFile), { recursive: true });
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
