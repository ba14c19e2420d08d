import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageRoot } from '../platform/package-root';
import { applySchema } from '../store/apply-schema';
import { cacheFolder } from './cache-folder';
import { inheritedEnvironment } from './config';
import { demoTokens, payloadKey, SANDBOX_ACTOR, writeActors, writeClient } from './credentials';
import { startEmbeddedPostgres } from './embedded-postgres';
import { namespaceAnswers, startEmbeddedTemporal } from './embedded-temporal';
import { prepareHome } from './home-folder';
import { lockHome } from './home-lock';
import { nodePart, type NodePartOptions } from './node-part';
import { endLeftovers, type PartName, readRunState, RunRecord } from './run-record';
import { StartFailure } from './start-failure';
import { type PartDefinition, SupervisedPart } from './supervised-part';
import { ANY_PORTS, settlePorts, type SystemPorts } from './system-ports';
import { temporalBinary } from './temporal-binary';

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

/** `npm run build` has not been run, or not to its end. */
export class NotBuilt extends StartFailure {
  readonly code = 'not-built';
  constructor(missing: string) {
    super(`${missing} is missing. Run \`npm run build\`, then start again.`);
  }
}

/** The start was given up on request. */
export class StartInterrupted extends StartFailure {
  readonly code = 'start-interrupted';
  constructor() {
    super('The start was interrupted; everything that had been started was ended.');
  }
}

/** The Temporal that was named does not answer. */
export class TemporalDoesNotAnswer extends StartFailure {
  readonly code = 'temporal-does-not-answer';
  constructor(namespace: string) {
    super(
      `No Temporal server answers at TEMPORAL_ADDRESS, or it has no namespace '${namespace}'. Start it, or make the namespace, ` +
        'or leave TEMPORAL_ADDRESS out to have a server started here.',
    );
  }
}

/** The Postgres that was named cannot be used. */
export class DatabaseDoesNotAnswer extends StartFailure {
  readonly code = 'database-does-not-answer';
  constructor(cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    super(
      `The Postgres at DATABASE_URL cannot be used${code}. Check that it runs, and that its user may make tables there; ` +
        'or leave DATABASE_URL out to have a server started here.',
      { cause },
    );
  }
}

const GIVES_UP_AFTER = 5;

/**
 * Starts Temporal, Postgres, the schema, worker, API and sandbox, in this order, each when the one before is ready. What a killed
 * run left behind on the same folder is ended first.
 * @throws StartFailure with what to do; everything started by then has been ended
 */
export async function startSystem(wanted: SystemOptions): Promise<RunningSystem> {
  // Processes have working folders of their own.
  const options = { ...wanted, home: resolve(wanted.home) };
  const { home } = options;
  requireBuild();
  const { logs } = prepareHome(home);
  const unlock = lockHome(home, () => readRunState(home)?.apiUrl);
  const system = new System(options, logs);
  try {
    return await system.start(unlock);
  } catch (error) {
    await system.stop(false);
    unlock();
    throw isAborted(options.signal) ? new StartInterrupted() : error;
  }
}

class System {
  private readonly parts: SupervisedPart[] = [];
  private readonly environment: Readonly<Record<string, string | undefined>>;
  private readonly tell: (message: string) => void;
  private record: RunRecord | undefined;
  private ports: SystemPorts = ANY_PORTS;
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly options: SystemOptions,
    private readonly logs: string,
  ) {
    this.environment = options.environment ?? inheritedEnvironment();
    this.tell = options.quiet === true ? () => undefined : (options.tell ?? (() => undefined));
  }

  async start(unlock: () => void): Promise<RunningSystem> {
    const { options } = this;
    const { home } = options;
    await this.clearAway();
    const withSandbox = options.sandbox ?? true;
    this.ports = await settlePorts({ ...ANY_PORTS, ...options.ports }, this.neededPorts(withSandbox));
    const record = RunRecord.begin(home);
    this.record = record;
    record.describe({ ports: this.ports });

    const temporal = await this.startTemporal();
    const databaseUrl = await this.startPostgres();
    const tokens = demoTokens(home);
    const apiUrl = `http://127.0.0.1:${this.ports.api}`;
    const shared = {
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: options.temporalNamespace ?? 'default',
      HANDOFF_PAYLOAD_KEY: payloadKey(home),
    };
    await this.startNodePart('worker', { ...shared, HANDOFF_METRICS_PORT: String(this.ports.metrics) }, 'loggedReady');
    const apiEnvironment = {
      ...shared,
      HANDOFF_HOST: '127.0.0.1',
      HANDOFF_PORT: String(this.ports.api),
      HANDOFF_ACTORS_FILE: writeActors(home, tokens),
    };
    await this.startNodePart('api', apiEnvironment, `${apiUrl}/readyz`);
    const sandboxUrl = withSandbox ? `http://127.0.0.1:${this.ports.sandbox}` : undefined;
    if (sandboxUrl !== undefined) await this.startSandbox(apiUrl, sandboxUrl, tokens);

    record.describe({ apiUrl });
    const found = {
      temporalAddress: temporal.address,
      ...(temporal.binary === undefined ? {} : { temporalBinary: temporal.binary }),
      ...(sandboxUrl === undefined ? {} : { sandboxUrl }),
    };
    const ui = temporal.binary === undefined ? undefined : `http://127.0.0.1:${this.ports.temporalUi}`;
    writeClient(home, { url: apiUrl, tokens, ...found, ...(ui === undefined ? {} : { temporalUi: ui }) });
    const pids = (): Partial<Record<PartName, number>> => this.pids();
    return {
      apiUrl,
      ...found,
      ...(ui === undefined ? {} : { temporalUiUrl: ui }),
      databaseUrl,
      workerMetricsUrl: `http://127.0.0.1:${this.ports.metrics}/metrics`,
      tokens,
      get pids() {
        return pids();
      },
      stop: async ({ force } = { force: false }) => {
        await this.stop(force);
        unlock();
      },
    };
  }

  /** Parts end one after the other, the last one started first, so that each can still reach what it needs to end well. */
  async stop(force: boolean): Promise<void> {
    if (force) for (const part of [...this.parts].reverse()) void part.stop(true);
    this.stopped ??= (async () => {
      for (const part of [...this.parts].reverse()) await part.stop(force);
      this.record?.end();
    })();
    await this.stopped;
  }

  private pids(): Partial<Record<PartName, number>> {
    return Object.fromEntries(this.parts.map((part) => [part.name, part.pid]));
  }

  private neededPorts(withSandbox: boolean): (keyof SystemPorts)[] {
    return [
      'api',
      ...(this.options.databaseUrl === undefined ? (['postgres'] as const) : []),
      ...(this.options.temporalAddress === undefined ? (['temporal', 'temporalUi'] as const) : []),
      'metrics',
      ...(withSandbox ? (['sandbox', 'legacyStack', 'targetStack'] as const) : []),
    ];
  }

  private async clearAway(): Promise<void> {
    const ended = await endLeftovers(this.options.home);
    if (ended.length > 0) this.tell(`Ended what an earlier run had left running: ${ended.join(', ')}.`);
  }

  private async startTemporal(): Promise<{ address: string; binary?: string }> {
    const { temporalAddress, temporalNamespace, home, signal } = this.options;
    if (temporalAddress !== undefined) {
      const namespace = temporalNamespace ?? 'default';
      const answers = await namespaceAnswers(temporalAddress, namespace).catch(() => false);
      if (!answers) throw new TemporalDoesNotAnswer(namespace);
      return { address: temporalAddress };
    }
    const binary = await temporalBinary(this.environment, {
      tell: this.tell,
      ...(signal === undefined ? {} : { signal }),
    });
    const marker = 'server start-dev';
    await this.startPart({
      name: 'temporal',
      signal: 'SIGINT',
      graceMs: 10_000,
      givesUpAfter: GIVES_UP_AFTER,
      launch: (onSpawn) =>
        startEmbeddedTemporal({
          binary,
          databaseFile: join(home, 'temporal.db'),
          port: this.ports.temporal,
          uiPort: this.ports.temporalUi,
          logFile: join(this.logs, 'temporal.log'),
          env: this.environment,
          onSpawn: (process) => {
            onSpawn(process);
            this.record?.note('temporal', process, marker);
          },
        }),
    });
    return { address: `127.0.0.1:${this.ports.temporal}`, binary };
  }

  private async startPostgres(): Promise<string> {
    const { databaseUrl, home } = this.options;
    if (databaseUrl !== undefined) {
      try {
        await applySchema(databaseUrl);
      } catch (error) {
        throw new DatabaseDoesNotAnswer(error);
      }
      return databaseUrl;
    }
    let url = '';
    const dataFolder = join(home, 'postgres');
    await this.startPart({
      name: 'postgres',
      // Fast shutdown: Postgres ends sessions and writes everything down.
      signal: 'SIGINT',
      graceMs: 20_000,
      givesUpAfter: GIVES_UP_AFTER,
      launch: async (onSpawn) => {
        const postgres = await startEmbeddedPostgres({
          dataFolder,
          port: this.ports.postgres,
          logFile: join(this.logs, 'postgres.log'),
          cache: cacheFolder(this.environment),
          env: this.environment,
          tell: this.tell,
          onSpawn: (process) => {
            onSpawn(process);
            this.record?.note('postgres', process, 'postgres');
          },
        });
        url = postgres.url;
      },
    });
    await applySchema(url);
    return url;
  }

  private async startSandbox(
    apiUrl: string,
    sandboxUrl: string,
    tokens: Readonly<Record<string, string>>,
  ): Promise<void> {
    const own = {
      HANDOFF_URL: apiUrl,
      HANDOFF_TOKEN: tokens[SANDBOX_ACTOR.id],
      SANDBOX_PORT: String(this.ports.sandbox),
      SANDBOX_LEGACY_PORT: String(this.ports.legacyStack),
      SANDBOX_TARGET_PORT: String(this.ports.targetStack),
    };
    await this.startNodePart('sandbox', own, `${sandboxUrl}/state`);
  }

  private async startNodePart(
    name: NodePartOptions['name'],
    own: Readonly<Record<string, string | undefined>>,
    readiness: string,
  ): Promise<void> {
    await this.startPart(
      nodePart({
        name,
        environment: { ...this.environment, ...own },
        logFile: join(this.logs, `${name}.log`),
        readiness,
        note: (process, marker) => this.record?.note(name, process, marker),
      }),
    );
  }

  private async startPart(definition: PartDefinition): Promise<void> {
    const { signal, onGivenUp } = this.options;
    if (signal?.aborted === true) throw new StartInterrupted();
    this.tell(`Starting ${PART_TITLES[definition.name]}.`);
    const part = new SupervisedPart(definition, {
      tell: this.tell,
      gaveUp: (_name, cause) => onGivenUp?.(cause),
    });
    this.parts.push(part);
    const interrupt = (): void => void part.stop();
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      await part.start();
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
    if (isAborted(signal)) throw new StartInterrupted();
  }
}

const PART_TITLES: Readonly<Record<PartName, string>> = {
  temporal: 'Temporal',
  postgres: 'Postgres',
  worker: 'the worker',
  api: 'the API',
  sandbox: 'the sandbox',
};

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function requireBuild(): void {
  for (const built of ['dist/worker/main.js', 'dist/api/main.js', 'dist/sandbox/main.js', 'dist/workflow-bundle.js']) {
    if (!existsSync(join(packageRoot(), built))) throw new NotBuilt(built);
  }
}
