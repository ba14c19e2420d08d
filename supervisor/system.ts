import { join } from 'node:path';
import { cacheFolder } from './cache-folder';
import { inheritedEnvironment } from './config';
import { demoTokens, payloadKey, SANDBOX_ACTOR, writeActors, writeClient } from './credentials';
import { startEmbeddedPostgres } from './embedded-postgres';
import { startEmbeddedTemporal } from './embedded-temporal';
import { bringToSchema, requireDatabase, requireTemporal } from './existing-servers';
import { nodePart, type NodePartOptions } from './node-part';
import { endLeftovers, type PartName, RunRecord } from './run-record';
import type { RunningSystem, SystemOptions } from './running-system';
import { StartFailure } from './start-failure';
import { type PartDefinition, SupervisedPart } from './supervised-part';
import { ANY_PORTS, requirePort, settlePorts, type SystemPorts } from './system-ports';
import { temporalBinary } from './temporal-binary';

/** The start was given up on request. */
export class StartInterrupted extends StartFailure {
  readonly code = 'start-interrupted';
  constructor() {
    super('The start was interrupted; everything that had been started was ended.');
  }
}

const GIVES_UP_AFTER = 5;

/** The parts of one system, from the first start to the last end. */
export class System {
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
    const workerEnvironment = { ...shared, HANDOFF_METRICS_PORT: String(this.ports.metrics) };
    await this.startNodePart('worker', workerEnvironment, `http://127.0.0.1:${this.ports.metrics}/readyz`);
    const apiEnvironment = {
      ...shared,
      HANDOFF_HOST: '127.0.0.1',
      HANDOFF_PORT: String(this.ports.api),
      HANDOFF_ACTORS_FILE: writeActors(home, tokens),
      HANDOFF_JOURNAL_DIR: join(home, 'journal'),
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
      await requireTemporal(temporalAddress, temporalNamespace ?? 'default');
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
      await requireDatabase(databaseUrl);
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
    await bringToSchema(url);
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
    readyUrl: string,
  ): Promise<void> {
    await this.startPart(
      nodePart({
        name,
        environment: { ...this.environment, ...own },
        logFile: join(this.logs, `${name}.log`),
        readyUrl,
        note: (process, marker) => this.record?.note(name, process, marker),
      }),
    );
  }

  private async startPart(definition: PartDefinition): Promise<void> {
    const { signal, onGivenUp } = this.options;
    this.throwIfInterrupted();
    this.tell(`Starting ${PART_TITLES[definition.name]}.`);
    const part = new SupervisedPart(definition, {
      tell: this.tell,
      gaveUp: (_name, cause) => onGivenUp?.(cause),
    });
    this.parts.push(part);
    const interrupt = (): void => void part.stop();
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      await this.requirePorts(definition.name);
      await part.start();
    } catch (error) {
      // Another program may have been quicker by a moment: that says more than how ours ended.
      await this.requirePorts(definition.name);
      throw error;
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
    this.throwIfInterrupted();
  }

  private async requirePorts(part: PartName): Promise<void> {
    for (const name of PART_PORTS[part]) await requirePort(this.ports, name);
  }

  private throwIfInterrupted(): void {
    if (this.options.signal?.aborted === true) throw new StartInterrupted();
  }
}

const PART_PORTS: Readonly<Record<PartName, readonly (keyof SystemPorts)[]>> = {
  temporal: ['temporal', 'temporalUi'],
  postgres: ['postgres'],
  worker: ['metrics'],
  api: ['api'],
  sandbox: ['sandbox', 'legacyStack', 'targetStack'],
};

const PART_TITLES: Readonly<Record<PartName, string>> = {
  temporal: 'Temporal',
  postgres: 'Postgres',
  worker: 'the worker',
  api: 'the API',
  sandbox: 'the sandbox',
};
