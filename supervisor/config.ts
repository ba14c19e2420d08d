import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readConfiguration } from '../platform/configuration';
import { packageRoot } from '../platform/package-root';
import type { SystemPorts } from './system-ports';

function port(standard: number): z.ZodDefault<z.ZodCoercedNumber> {
  const told = { error: 'Give a port from 0 to 65535; 0 takes any free one.' };
  return z.coerce.number(told).int(told).min(0, told).max(65_535, told).default(standard);
}

const schema = z.object({
  /** Keeps data, logs, keys and tokens. */
  HANDOFF_HOME: z.string().default(join(packageRoot(), '.handoff')),
  HANDOFF_PORT: port(4700),
  SANDBOX_PORT: port(4720),
  SANDBOX_LEGACY_PORT: port(4721),
  SANDBOX_TARGET_PORT: port(4722),
  HANDOFF_POSTGRES_PORT: port(4732),
  HANDOFF_TEMPORAL_PORT: port(4733),
  HANDOFF_TEMPORAL_UI_PORT: port(4780),
  HANDOFF_METRICS_PORT: port(4701),
  /** With it, no Postgres is started. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "Write it as 'postgres://user@host:5432/name', or leave it out to have one started.")
    .optional(),
  /** With it, no Temporal is started. */
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d+$/, "Write it as 'host:7233', or leave it out to have one started.")
    .optional(),
  TEMPORAL_NAMESPACE: z.string().default('default'),
});

export interface SupervisorConfiguration {
  home: string;
  ports: SystemPorts;
  databaseUrl?: string;
  temporalAddress?: string;
  temporalNamespace: string;
}

/** The supervisor's configuration from its environment. @throws BadConfiguration with every problem at once */
export function readSupervisorConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): SupervisorConfiguration {
  const read = readConfiguration('supervisor', schema, environment);
  return {
    home: resolve(read.HANDOFF_HOME),
    ports: {
      api: read.HANDOFF_PORT,
      sandbox: read.SANDBOX_PORT,
      legacyStack: read.SANDBOX_LEGACY_PORT,
      targetStack: read.SANDBOX_TARGET_PORT,
      postgres: read.HANDOFF_POSTGRES_PORT,
      temporal: read.HANDOFF_TEMPORAL_PORT,
      temporalUi: read.HANDOFF_TEMPORAL_UI_PORT,
      metrics: read.HANDOFF_METRICS_PORT,
    },
    ...(read.DATABASE_URL === undefined ? {} : { databaseUrl: read.DATABASE_URL }),
    ...(read.TEMPORAL_ADDRESS === undefined ? {} : { temporalAddress: read.TEMPORAL_ADDRESS }),
    temporalNamespace: read.TEMPORAL_NAMESPACE,
  };
}

/** What the processes we start inherit, beside what we set for each. */
export function inheritedEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
