import { z } from 'zod';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** A port as an environment variable gives it; 0 takes a free one. */
export const port = z.coerce
  .number({ error: 'Give a port from 0 to 65535.' })
  .int({ error: 'Give a port from 0 to 65535.' })
  .min(0, { error: 'Give a port from 0 to 65535.' })
  .max(65_535, { error: 'Give a port from 0 to 65535.' });

/** What every API and every worker reads from its environment. */
export const serviceEnvironment = z.object({
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
});
