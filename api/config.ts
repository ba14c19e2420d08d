import { z } from 'zod';
import { readConfiguration } from '../platform/configuration';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const schema = z.object({
  /** `postgres://…` */
  DATABASE_URL: z
    .string({ error: "Set it to the database, as 'postgres://user@host:5432/name'." })
    .regex(/^postgres(ql)?:\/\//, "Write it as 'postgres://user@host:5432/name'."),
  /** `host:port` of Temporal's frontend. */
  TEMPORAL_ADDRESS: z
    .string({ error: "Set it to Temporal's frontend, as 'host:7233'." })
    .regex(/^[^\s/]+:\d+$/, "Write it as 'host:7233'."),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  /** Key of the payload codec, the same for every API and worker. */
  HANDOFF_PAYLOAD_KEY: z
    .string({ error: "Set it to 64 hexadecimal digits, as 'openssl rand -hex 32' prints them." })
    .regex(/^[0-9a-f]{64}$/i, "Give 64 hexadecimal digits, as 'openssl rand -hex 32' prints them."),
  HANDOFF_TASK_QUEUE: z.string().default('handoff'),
  HANDOFF_LOG_LEVEL: z.enum(LOG_LEVELS, { error: `Choose one of ${LOG_LEVELS.join(', ')}.` }).default('info'),
  HANDOFF_HOST: z.string().default('127.0.0.1'),
  /** 0 takes a free port. */
  HANDOFF_PORT: z.coerce
    .number({ error: 'Give a port from 0 to 65535.' })
    .int({ error: 'Give a port from 0 to 65535.' })
    .min(0, { error: 'Give a port from 0 to 65535.' })
    .max(65_535, { error: 'Give a port from 0 to 65535.' })
    .default(4700),
  /** Who may do what: JSON `{ actors: [{ id, name, roles, tokenSha256 }] }`. */
  HANDOFF_ACTORS_FILE: z.string({ error: 'Set it to the path of the file that names actors and their roles.' }),
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
    production: read.NODE_ENV === 'production',
  };
}
