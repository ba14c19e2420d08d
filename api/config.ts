import { z } from 'zod';
import { BadConfiguration, readConfiguration } from '../platform/configuration';
import { secretsIn } from '../platform/hook-secrets';
import { port, serviceEnvironment } from '../platform/service-environment';
import type { PlanThreadOptions } from './plans/plan-thread';

const IDLE = 'Give a number of seconds from 5 to 3600, longer than your balancer keeps a connection without a request.';
const WAITING = 'Give a number of questions from 1 to 100000.';

const CROSSWALK_KEY = /^[a-z][a-z0-9-]{0,30}:[0-9a-fA-F]{64}$/;

const schema = serviceEnvironment.extend({
  HANDOFF_PORT: port.default(4700),
  /** Where agent checks of HAProxy are answered (docs/routing.md); not at all where absent. 0 takes a free port. */
  HANDOFF_AGENT_PORT: port.optional(),
  /** Who may do what: JSON `{ actors: [{ id, name, roles, tokenSha256 }] }`. */
  HANDOFF_ACTORS_FILE: z.string({ error: 'Set it to the path of the file that names actors and their roles.' }),
  /** Origins of web pages whose browsers may ask for sides, parted by commas or blanks. */
  HANDOFF_CORS_ORIGINS: z
    .string()
    .default('')
    .transform((list) => list.split(/[\s,]+/).filter((origin) => origin !== ''))
    .refine(
      (origins) => origins.every(isOrigin),
      "Name each origin as 'https://portal.example', without a path; '*' is refused, since questions carry a token.",
    ),
  /** Questions that one process has waiting for Postgres; further ones are told to ask again. */
  HANDOFF_WAITING_LIMIT: z.coerce
    .number({ error: WAITING })
    .int({ error: WAITING })
    .min(1, { error: WAITING })
    .max(100_000, { error: WAITING })
    .default(2_000),
  /** Units whose side is kept in memory at most. */
  HANDOFF_KNOWN_SIDES: z.coerce
    .number({ error: 'Give a number of units from 1000 to 10000000.' })
    .int({ error: 'Give a number of units from 1000 to 10000000.' })
    .min(1_000, { error: 'Give a number of units from 1000 to 10000000.' })
    .max(10_000_000, { error: 'Give a number of units from 1000 to 10000000.' })
    .default(1_000_000),
  /** How long a connection may be without a request. */
  HANDOFF_IDLE_SECONDS: z.coerce
    .number({ error: IDLE })
    .int({ error: IDLE })
    .min(5, { error: IDLE })
    .max(3_600, { error: IDLE })
    .default(75),
  /** A folder of this process's own, on a disk that outlives it: holds what is answered while Postgres is out of reach. */
  HANDOFF_JOURNAL_DIR: z.string().optional(),
  /** Secrets that ids of vendors are hashed under, besides those derived from the payload key: `<id>:<64 hexadecimal digits>`, parted by commas or blanks. */
  HANDOFF_CROSSWALK_KEYS: z
    .string()
    .default('')
    .transform((list) => list.split(/[\s,]+/).filter((entry) => entry !== ''))
    .refine(
      (entries) => entries.every((entry) => CROSSWALK_KEY.test(entry)),
      "Give each key as '<id>:<64 hexadecimal digits>', the id in lower-case letters, digits and hyphens, starting with a letter.",
    )
    .transform((entries) => entries.map((entry) => entry.split(':') as [string, string]))
    .refine((keys) => new Set(keys.map(([id]) => id)).size === keys.length, 'Give each key an id of its own.'),
  /** JSON of secrets that vendors sign webhooks with, by their names; besides the variables that begin with HANDOFF_HOOK_SECRET_. */
  HANDOFF_HOOK_SECRETS_FILE: z.string().optional(),
  /** What the API is called by from outside: vendors that sign the address sign this one. */
  HANDOFF_PUBLIC_URL: z
    .string()
    .refine(isOrigin, "Give what the API is called by from outside, as 'https://handoff.example', without a path.")
    .optional(),
  NODE_ENV: z.string().default('development'),
});

export interface ApiConfiguration {
  databaseUrl: string;
  temporalAddress: string;
  temporalNamespace: string;
  payloadKey: string;
  taskQueue: string;
  logLevel: string;
  host: string;
  port: number;
  /** Where agent checks of proxies are answered; undefined: not at all. */
  agentPort?: number;
  actorsFile: string;
  corsOrigins: readonly string[];
  waitingLimit: number;
  /** Units whose side is kept in memory at most. */
  knownSides: number;
  /** How long a connection may be without a request, in milliseconds. */
  keptIdle: number;
  /** Where answers are kept that Postgres could not be told of; undefined: none are given then. */
  journalFolder?: string;
  /** Secrets that ids of vendors are hashed under, 32 bytes each, by the ids of their keys; undefined: only derived ones. */
  crosswalkKeys?: ReadonlyMap<string, Buffer>;
  /** How long this process may answer from memory after each look, in milliseconds; for tests. */
  sidesLease?: number;
  /** How late this process's event loop may be, in milliseconds, for questions that must wait; for tests. */
  lateLimit?: number;
  /** What vendors sign webhooks with, by name. */
  hookSecrets?: ReadonlyMap<string, string>;
  hookSecretsFile?: string;
  /** What the thread that judges plans may take; for tests. */
  planThread?: Partial<PlanThreadOptions>;
  publicUrl?: string;
  /** In production compressed time is refused. */
  production: boolean;
}

/** The API's configuration from its environment. @throws BadConfiguration with every problem at once */
export function readApiConfiguration(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ApiConfiguration {
  const read = readConfiguration('API', schema, environment);
  const { secrets: hookSecrets, problems } = secretsIn(environment);
  if (problems.length > 0) throw new BadConfiguration('API', problems);
  return {
    databaseUrl: read.DATABASE_URL,
    temporalAddress: read.TEMPORAL_ADDRESS,
    temporalNamespace: read.TEMPORAL_NAMESPACE,
    payloadKey: read.HANDOFF_PAYLOAD_KEY,
    taskQueue: read.HANDOFF_TASK_QUEUE,
    logLevel: read.HANDOFF_LOG_LEVEL,
    host: read.HANDOFF_HOST,
    port: read.HANDOFF_PORT,
    ...(read.HANDOFF_AGENT_PORT !== undefined && { agentPort: read.HANDOFF_AGENT_PORT }),
    actorsFile: read.HANDOFF_ACTORS_FILE,
    corsOrigins: read.HANDOFF_CORS_ORIGINS,
    waitingLimit: read.HANDOFF_WAITING_LIMIT,
    knownSides: read.HANDOFF_KNOWN_SIDES,
    keptIdle: read.HANDOFF_IDLE_SECONDS * 1_000,
    ...(read.HANDOFF_JOURNAL_DIR !== undefined && { journalFolder: read.HANDOFF_JOURNAL_DIR }),
    ...(read.HANDOFF_CROSSWALK_KEYS.length > 0 && {
      crosswalkKeys: new Map(read.HANDOFF_CROSSWALK_KEYS.map(([id, secret]) => [id, Buffer.from(secret, 'hex')])),
    }),
    hookSecrets,
    ...(read.HANDOFF_HOOK_SECRETS_FILE !== undefined && { hookSecretsFile: read.HANDOFF_HOOK_SECRETS_FILE }),
    ...(read.HANDOFF_PUBLIC_URL !== undefined && { publicUrl: read.HANDOFF_PUBLIC_URL }),
    production: read.NODE_ENV === 'production',
  };
}

/** Whether the text is an origin as a browser sends it. */
function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
