import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import request from 'supertest';
import type { ApiConfiguration } from '../../../api/config';
import { startApi } from '../../../api/server';
import type { Role } from '../../../domain/plan/journey';
import type { Database } from '../../../store/database';
import { createTestDatabase, testTemporalAddress } from '../../setup/test-database';

/** The API's threads are out of reach of jest's own transform. */
const TYPESCRIPT = join(__dirname, '..', 'facts', 'typescript-hook.cjs');

/** Nothing listens there. */
export const NOWHERE = '127.0.0.1:9';

const ACTORS: Readonly<Record<string, Role[]>> = {
  'release-manager-1': ['release-manager'],
  'release-manager-2': ['release-manager'],
  'engineer-1': ['engineer'],
  'clinical-lead-1': ['clinical-lead'],
  'support-lead-1': ['support-lead'],
  'gate-automation': ['automation'],
  'sandbox-stacks': ['stack'],
};
export type ActorId =
  | 'release-manager-1'
  | 'release-manager-2'
  | 'engineer-1'
  | 'clinical-lead-1'
  | 'support-lead-1'
  | 'gate-automation'
  | 'sandbox-stacks';

export interface TestApi {
  url: string;
  db: Database;
  databaseUrl: string;
  payloadKey: string;
  taskQueue: string;
  tokens: Readonly<Record<ActorId, string>>;
  actorsFile: string;
  /** A folder of the test's own. */
  folder: string;
  /** All that the API logged so far. */
  log(): string;
  /** A request with an actor's token. */
  as(actor: ActorId): Caller;
  /** Lets the API go before its end; `stop` may follow. */
  stopApi(): Promise<void>;
  stop(): Promise<void>;
}

export interface Caller {
  get(path: string): request.Test;
  post(path: string, body?: string | object): request.Test;
}

/** The real API on a free port, with a database of its own, the run's Temporal (unless another is named) and a task queue of its own. */
export async function startTestApi(changed: Partial<ApiConfiguration> = {}): Promise<TestApi> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'handoff-api-'));
  const tokens = Object.fromEntries(Object.keys(ACTORS).map((id) => [id, randomBytes(24).toString('hex')]));
  const actorsFile = join(folder, 'actors.json');
  await writeFile(
    actorsFile,
    JSON.stringify({ actors: Object.keys(ACTORS).map((id) => actorEntry(id, tokens[id] ?? '')) }),
  );
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const configuration: ApiConfiguration = {
    databaseUrl: database.url,
    temporalAddress: testTemporalAddress(),
    temporalNamespace: 'default',
    payloadKey: randomBytes(32).toString('hex'),
    taskQueue: `test-${randomBytes(6).toString('hex')}`,
    logLevel: 'trace',
    host: '127.0.0.1',
    port: 0,
    actorsFile,
    corsOrigins: [],
    waitingLimit: 2_000,
    knownSides: 10_000,
    keptIdle: 75_000,
    production: false,
    // Whoever asks gets an answer, however seldom this process has its turn.
    lateLimit: 60_000,
    ...changed,
    // Reading its TypeScript takes the thread seconds where the machine is busy.
    planThread: {
      within: 60_000,
      ...changed.planThread,
      preload: [TYPESCRIPT, ...(changed.planThread?.preload ?? [])],
    },
  };
  const api = await startApi(configuration, pino({ level: configuration.logLevel }, sink)).catch(
    async (error: unknown) => {
      await database.drop();
      await rm(folder, { recursive: true, force: true });
      throw error;
    },
  );
  let stopped: Promise<void> | undefined;
  const stopApi = (): Promise<void> => (stopped ??= api.stop());
  return {
    url: api.url,
    db: database.db,
    databaseUrl: database.url,
    payloadKey: configuration.payloadKey,
    taskQueue: configuration.taskQueue,
    tokens: tokens as Record<ActorId, string>,
    actorsFile,
    folder,
    log: () => lines.join(''),
    as: (actor) => {
      const authorization = `Bearer ${tokens[actor] ?? ''}`;
      return {
        get: (path) => request(api.url).get(path).set('Authorization', authorization),
        post: (path, body) => {
          const sent = request(api.url).post(path).set('Authorization', authorization);
          return body === undefined ? sent : sent.send(body);
        },
      };
    },
    stopApi,
    stop: async () => {
      await stopApi();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An entry of an actors file. */
export function actorEntry(id: string, token: string): object {
  return {
    id,
    name: `The ${id}`,
    roles: ACTORS[id] ?? ['engineer'],
    tokenSha256: createHash('sha256').update(token).digest('hex'),
  };
}
