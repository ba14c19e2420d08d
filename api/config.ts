import { z } from 'zod';
import { readConfiguration } from '../platform/configuration';
import { port, serviceEnvironment } from '../platform/service-environment';

const schema = serviceEnvironment.extend({
  HANDOFF_PORT: port.default(4700),
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
