import { createLogger } from '../../../platform/logger';
import { startWorker, type RunningWorker } from '../../../worker/run-worker';
import { quietRuntime } from '../../setup/quiet-runtime';
import { testTemporalAddress } from '../../setup/test-database';
import type { TestApi } from './running-api';

/** A real worker for the migrations that this API starts. */
export async function startTestWorker(api: TestApi): Promise<RunningWorker> {
  quietRuntime();
  const workflowBundle = process.env['HANDOFF_TEST_WORKFLOW_BUNDLE'];
  if (workflowBundle === undefined) throw new Error('Run this through jest, whose global setup bundles the workflows.');
  return startWorker(
    {
      databaseUrl: api.databaseUrl,
      temporalAddress: testTemporalAddress(),
      temporalNamespace: 'default',
      payloadKey: api.payloadKey,
      taskQueue: api.taskQueue,
      logLevel: 'silent',
      host: '127.0.0.1',
      metricsPort: 0,
      workflowBundle,
      watchTick: 50,
      sweepTick: 50,
      watchSlots: 20,
      workflowCache: 100,
    },
    createLogger('worker', 'silent'),
  );
}
