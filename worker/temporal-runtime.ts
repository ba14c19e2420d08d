import { DefaultLogger, makeTelemetryFilterString, Runtime, type LogEntry } from '@temporalio/worker';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';

/** What of the SDK's own log lines is kept: codes and ids, never a payload or a failure's message (I15). */
const KEPT = [
  'sdkComponent',
  'taskQueue',
  'workflowId',
  'workflowType',
  'activityType',
  'attempt',
  'state',
  'durationMs',
];

/** Once a process: the SDK logs through ours, and listens to no signals, since one supervisor decides the order of the end. */
export function installRuntime(logger: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => {
      write(logger, entry);
    }),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} } },
    shutdownSignals: [],
  });
}

function write(logger: Logger, { level, message, meta = {} }: LogEntry): void {
  const kept = Object.fromEntries(
    KEPT.filter((key) => key in meta).map((key) => [key, (meta as Record<string, unknown>)[key]]),
  );
  const failure = meta['error'] === undefined ? {} : { failure: describeFailure(meta['error']) };
  logger[level === 'ERROR' ? 'error' : 'warn']({ ...kept, ...failure }, message);
}
