import { BadConfiguration } from '../platform/configuration';
import { describeFailure } from '../platform/describe-failure';
import { createLogger } from '../platform/logger';
import { readWorkerConfiguration } from './config';
import { startWorker } from './run-worker';
import { installRuntime } from './temporal-runtime';

/** The worker process: starts, says when it is ready, and drains on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const configuration = readWorkerConfiguration();
  const logger = createLogger('worker', configuration.logLevel);
  installRuntime(logger);
  const worker = await startWorker(configuration, logger);
  logger.info({ url: worker.url }, 'ready');

  let stopping = false;
  const stop = (code: number): void => {
    if (stopping) return;
    stopping = true;
    worker.stop().then(
      () => {
        logger.info('stopped');
        process.exit(code);
      },
      (error: unknown) => {
        logger.error({ failure: describeFailure(error) }, 'the end was not clean');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => {
    stop(0);
  });
  process.on('SIGINT', () => {
    stop(0);
  });
  await worker.ended.catch((error: unknown) => {
    logger.error({ failure: describeFailure(error) }, 'the worker ended by itself');
    stop(1);
  });
}

main().catch((error: unknown) => {
  const text =
    error instanceof BadConfiguration
      ? error.message
      : `The worker cannot start: ${JSON.stringify(describeFailure(error))}`;
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
