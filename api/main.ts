import { BadConfiguration } from '../platform/configuration';
import { createLogger } from '../platform/logger';
import { BadActorsFile } from './actors';
import { readApiConfiguration } from './config';
import { describeFailure } from '../platform/describe-failure';
import { startApi } from './server';
import { JournalUnusable } from './sides/outage-journal';

/** The API process: starts, says where it listens, and drains on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const configuration = readApiConfiguration();
  const logger = createLogger('api', configuration.logLevel);
  const api = await startApi(configuration, logger);
  logger.info({ url: api.url }, 'ready');

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'draining');
    api.stop().then(
      () => {
        logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ failure: describeFailure(error) }, 'the end was not clean');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${startFailure(error)}\n`);
  process.exit(1);
});

function startFailure(error: unknown): string {
  if (error instanceof BadConfiguration || error instanceof BadActorsFile || error instanceof JournalUnusable)
    return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return 'The API cannot start: its port is taken. Set HANDOFF_PORT (and HANDOFF_AGENT_PORT, where it is set) to a free one, or to 0 for any.';
  if (code === 'EADDRNOTAVAIL') return 'The API cannot start: HANDOFF_HOST is no address of this machine.';
  return `The API cannot start: ${JSON.stringify(describeFailure(error))}`;
}
