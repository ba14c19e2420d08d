import type { PartName } from './run-record';
import type { SystemPorts } from './system-ports';

export interface SystemOptions {
  /** Keeps data, logs, keys and tokens; made if it is missing. A system started on it again goes on where it was. */
  home: string;
  /** Each one not given is any free port. */
  ports?: Partial<SystemPorts>;
  /** Whether the sandbox is started; it is, unless said otherwise. */
  sandbox?: boolean;
  /** A Postgres that runs already: none is started. */
  databaseUrl?: string;
  /** A Temporal that runs already, as `host:port`: none is started. */
  temporalAddress?: string;
  temporalNamespace?: string;
  /** What the processes inherit; our own environment unless given. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Says nothing to `tell`. */
  quiet?: boolean;
  /** Is told what happens, for people. Never holds a URL before the system is ready. */
  tell?: (message: string) => void;
  /** Is told that Postgres or Temporal stays down: the system is of no use any more and should be stopped. */
  onGivenUp?: (cause: Error) => void;
  /** Ends a start that is under way: what runs by then is stopped, and the start rejects. */
  signal?: AbortSignal;
}

export interface RunningSystem {
  /** `http://127.0.0.1:…`; `/readyz` answers there. */
  apiUrl: string;
  /** `host:port` */
  temporalAddress: string;
  /** Of Temporal's own UI; none where Temporal was there already. */
  temporalUiUrl?: string;
  /** `postgres://…` with a password: not for logs. */
  databaseUrl: string;
  /** The `temporal` program; none where Temporal was there already. */
  temporalBinary?: string;
  /** Of the sandbox's control server. */
  sandboxUrl?: string;
  /** The worker's `/metrics`. */
  workerMetricsUrl: string;
  /** By actor's id: the five of the demo and the sandbox's. */
  tokens: Readonly<Record<string, string>>;
  /** Of the processes that run now. */
  readonly pids: Partial<Record<PartName, number>>;
  /** Ends everything that was started, in reverse order, and resolves when no process is left. @param force without asking */
  stop(options?: { force: boolean }): Promise<void>;
}
