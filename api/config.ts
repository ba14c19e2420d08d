import { z } from 'zod';
import { readConfiguration } from '../platform/configuration';
import { port, serviceEnvironment } from '../platform/service-environment';

const WAITING = 'Give a number of questions from 1 to 100000.';

const schema = serviceEnvironment.extend({
  HANDOFF_PORT: port.default(4700),
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
  actorsFile: string;
  corsOrigins: readonly string[];
  waitingLimit: number;
  /** In production compressed time is refused. */
  production: boolean;
}

/** The API's configuration from its environment. @throws BadConfiguration with every problem at once */
export function readApiConfiguration(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ApiConfiguration {
  const read = readConfiguration('API', schema, environment);
  return {
    databaseUrl: read.DATABASE_URL,
    temporalAddress: read.TEMPORAL_ADDRESS,
    temporalNamespace: read.TEMPORAL_NAMESPACE,
    payloadKey: read.HANDOFF_PAYLOAD_KEY,
    taskQueue: read.HANDOFF_TASK_QUEUE,
    logLevel: read.HANDOFF_LOG_LEVEL,
    host: read.HANDOFF_HOST,
    port: read.HANDOFF_PORT,
    actorsFile: read.HANDOFF_ACTORS_FILE,
    corsOrigins: read.HANDOFF_CORS_ORIGINS,
    waitingLimit: read.HANDOFF_WAITING_LIMIT,
    production: read.NODE_ENV === 'production',
  };
}

/** Whether the text is an origin as a browser sends it. */
function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
