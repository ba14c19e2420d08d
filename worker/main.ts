import { setFlagsFromString } from 'node:v8';
import { BadConfiguration } from '../platform/configuration';
import { describeFailure } from '../platform/describe-failure';
import { createLogger } from '../platform/logger';
import { readWorkerConfiguration } from './config';
import { startWorker } from './run-worker';
import { installRuntime } from './temporal-runtime';

/**
 * In MB, of the threads that start from here on: those of workflows, which make little garbage. By the flag that the process was started with each of them would keep
 * as much room for it as the matchers do.
 */
const WORKFLOW_SEMI_SPACE = 8;

/** The worker process: starts, says when it is ready, and drains on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const configuration = readWorkerConfiguration();
  const logger = createLogger('worker', configuration.logLevel);
  installRuntime(logger);
  setFlagsFromString(`--max-semi-space-size=${WORKFLOW_SEMI_SPACE}`);
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
