import { z } from 'zod';
import { readConfiguration } from '../platform/configuration';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const port = z.coerce
  .number({ error: 'Give a port from 0 to 65535; 0 takes a free one.' })
  .int({ error: 'Give a port from 0 to 65535; 0 takes a free one.' })
  .min(0, { error: 'Give a port from 0 to 65535; 0 takes a free one.' })
  .max(65_535, { error: 'Give a port from 0 to 65535; 0 takes a free one.' });

const schema = z.object({
  /** The API that events go to and sides are asked of. */
  HANDOFF_URL: z.url({ error: "Set it to the API, as 'http://127.0.0.1:4700'." }),
  /** Token of an actor with the role `stack`. */
  HANDOFF_TOKEN: z.string({ error: 'Set it to the token of an actor with the role stack.' }),
  /** Port of the control server. */
  SANDBOX_PORT: port.default(4720),
  SANDBOX_LEGACY_PORT: port.default(4721),
  SANDBOX_TARGET_PORT: port.default(4722),
  /** Whether patients come by themselves while a migration that the payment stacks speak is live. */
  SANDBOX_DEMO: z.enum(['on', 'off'], { error: "Write 'on' or 'off'." }).default('on'),
  HANDOFF_LOG_LEVEL: z.enum(LOG_LEVELS, { error: `Choose one of ${LOG_LEVELS.join(', ')}.` }).default('info'),
});

export interface SandboxConfiguration {
  handoffUrl: string;
  token: string;
  controlPort: number;
  legacyPort: number;
  targetPort: number;
  demo: boolean;
  logLevel: string;
}

/** The sandbox's configuration from its environment. @throws BadConfiguration with every problem at once */
export function readSandboxConfiguration(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): SandboxConfiguration {
  const read = readConfiguration('sandbox', schema, environment);
  return {
    handoffUrl: read.HANDOFF_URL,
    token: read.HANDOFF_TOKEN,
    controlPort: read.SANDBOX_PORT,
    legacyPort: read.SANDBOX_LEGACY_PORT,
    targetPort: read.SANDBOX_TARGET_PORT,
    demo: read.SANDBOX_DEMO === 'on',
    logLevel: read.HANDOFF_LOG_LEVEL,
  };
}
