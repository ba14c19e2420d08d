import { BadConfiguration } from '../platform/configuration';
import { createLogger } from '../platform/logger';
import { readSandboxConfiguration, type SandboxConfiguration } from './config';
import { controlServer } from './control/control-server';
import { HttpListener } from './http-listener';
import { startDemoLoad } from './runs/demo-load';
import { Sandbox } from './sandbox';

/** How long a stopping sandbox waits for the work of its stacks, and for their last events to be acknowledged. */
const PATIENCE = 6_000;

export interface RunningSandbox {
  controlUrl: string;
  /** Stops patients, stacks and control, in this order. */
  stop(): Promise<void>;
}

/** Starts both stacks, then the control server; logs one line when all three listen. */
export async function start(configuration: SandboxConfiguration): Promise<RunningSandbox> {
  const logger = createLogger('sandbox', configuration.logLevel);
  const { handoffUrl, token } = configuration;
  const sandbox = new Sandbox({
    handoffUrl,
    token,
    ports: { legacy: configuration.legacyPort, target: configuration.targetPort },
    logger,
  });
  const app = controlServer(sandbox);
  const control = new HttpListener((request, response) => void app(request, response), configuration.controlPort);
  try {
    await sandbox.open();
    await control.open();
  } catch (error) {
    await sandbox.close(0);
    throw error;
  }
  const stopDemo = configuration.demo ? startDemoLoad(sandbox, { url: handoffUrl, token }, logger) : undefined;
  logger.info({ url: control.url, ...sandbox.stackUrls, demo: configuration.demo }, 'ready');
  return {
    controlUrl: control.url,
    stop: async () => {
      await stopDemo?.();
      await sandbox.close(PATIENCE);
      await control.close();
      logger.info('stopped');
    },
  };
}

async function main(): Promise<void> {
  const running = await start(readSandboxConfiguration());
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${startFailure(error)}\n`);
    process.exit(1);
  });
}

function startFailure(error: unknown): string {
  if (error instanceof BadConfiguration) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return 'The sandbox cannot start: a port of it is taken. Set SANDBOX_PORT, SANDBOX_LEGACY_PORT and SANDBOX_TARGET_PORT to free ones, or to 0 for any.';
  }
  return `The sandbox cannot start (${error instanceof Error ? error.name : 'unknown'}).`;
}
