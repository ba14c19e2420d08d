import { join } from 'node:path';
import { z } from 'zod';
import { readConfiguration } from '../platform/configuration';
import { packageRoot } from '../platform/package-root';
import { port, serviceEnvironment } from '../platform/service-environment';
import { readChannelsFile, type ChannelEntry, type CommandEntry } from './channels-file';
import type { DeadManReceiver } from './control/dead-man-signal';
import { readSourcesFile, type SourceConnection } from './sources-file';

const schema = serviceEnvironment
  .extend({
    /** Where /metrics, /healthz and /readyz are served. 0 takes a free port. */
    HANDOFF_METRICS_PORT: port.default(4701),
    /** Workflow code bundled at build time. */
    HANDOFF_WORKFLOW_BUNDLE: z.string().default(() => join(packageRoot(), 'dist', 'workflow-bundle.js')),
    /** Where people are told; without it notices are kept and logged. */
    HANDOFF_NOTIFY_URL: z.url({ error: 'Give the http or https address that notices are posted to.' }).optional(),
    /** Signs the notices. */
    HANDOFF_NOTIFY_SECRET: z.string().min(16, 'Give at least 16 characters.').optional(),
    /** By which channels which team is told, and where systems take commands (worker/channels-file.ts). */
    HANDOFF_CHANNELS_FILE: z.string().optional(),
    /** Who pages somebody when "control is whole" is not heard any more. Often holds a secret. */
    HANDOFF_DEADMAN_URL: z
      .url({ protocol: /^https?$/, error: 'Give the http or https address that the dead-man signal goes to.' })
      .optional(),
    /** Where it says that control is gone, for services that take it. */
    HANDOFF_DEADMAN_FAIL_URL: z
      .url({ protocol: /^https?$/, error: 'Give the http or https address that says that control is gone.' })
      .optional(),
    HANDOFF_DEADMAN_METHOD: z.enum(['GET', 'POST'], { error: 'Choose GET or POST.' }).default('POST'),
    /** Signs the dead-man signal. */
    HANDOFF_DEADMAN_SECRET: z.string().min(16, 'Give at least 16 characters.').optional(),
    /** Milliseconds between two signals. */
    HANDOFF_DEADMAN_EVERY: z.coerce.number().int().min(1_000).max(3_600_000).default(30_000),
    /** What routes which cohort outside of the API (worker/routes-file.ts). */
    HANDOFF_ROUTES_FILE: z.string().optional(),
    /** Signs what is told to routes that are webhooks. */
    HANDOFF_ROUTES_SECRET: z.string().min(16, 'Give at least 16 characters.').optional(),
    /** Where gates' figures come from that are not of handoffs (worker/sources-file.ts). */
    HANDOFF_SOURCES_FILE: z.string().optional(),
    /** Milliseconds between two looks at a step, and between two sweeps. */
    HANDOFF_WATCH_TICK: z.coerce.number().int().min(10).max(10_000).default(1_000),
    HANDOFF_SWEEP_TICK: z.coerce.number().int().min(10).max(10_000).default(200),
    /** Where events that no plan keeps any longer are written, a file a month; without it they stay in the database. */
    HANDOFF_ARCHIVE_DIR: z.string().min(1).optional(),
    /** Workflows kept in memory; 0 replays each from its history at every task. */
    HANDOFF_WORKFLOW_CACHE: z.coerce.number().int().min(0).max(100_000).default(200),
    /** Steps that this worker can watch at once. */
    HANDOFF_WATCH_SLOTS: z.coerce.number().int().min(1).max(100_000).default(1_000),
  })
  .refine((read) => (read.HANDOFF_NOTIFY_URL === undefined) === (read.HANDOFF_NOTIFY_SECRET === undefined), {
    path: ['HANDOFF_NOTIFY_SECRET'],
    message: 'Set HANDOFF_NOTIFY_URL and HANDOFF_NOTIFY_SECRET together: notices are signed.',
  })
  .refine(
    (read) =>
      read.HANDOFF_DEADMAN_URL !== undefined ||
      (read.HANDOFF_DEADMAN_FAIL_URL === undefined && read.HANDOFF_DEADMAN_SECRET === undefined),
    { path: ['HANDOFF_DEADMAN_URL'], message: 'Set it too: without it no dead-man signal goes out.' },
  );

export interface WorkerConfiguration {
  databaseUrl: string;
  temporalAddress: string;
  temporalNamespace: string;
  payloadKey: string;
  taskQueue: string;
  logLevel: string;
  host: string;
  metricsPort: number;
  workflowBundle: string;
  notify?: { url: string; secret: string };
  /** By which channels people are told, besides. */
  channels?: ChannelEntry[];
  /** Where systems take commands that are sent again. */
  commands?: CommandEntry[];
  /** Whom to tell that control is whole. */
  deadMan?: DeadManReceiver;
  routes?: { file: string; secret?: string };
  /** What plans' gates may take their figures from. */
  sources?: SourceConnection[];
  /** Where months of events are archived; undefined: nowhere. */
  archiveFolder?: string;
  /** Milliseconds. */
  watchTick: number;
  /** Milliseconds. */
  sweepTick: number;
  watchSlots: number;
  workflowCache: number;
}

/** The worker's configuration from its environment. @throws BadConfiguration with every problem at once */
export function readWorkerConfiguration(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): WorkerConfiguration {
  const read = readConfiguration('worker', schema, environment);
  return {
    databaseUrl: read.DATABASE_URL,
    temporalAddress: read.TEMPORAL_ADDRESS,
    temporalNamespace: read.TEMPORAL_NAMESPACE,
    payloadKey: read.HANDOFF_PAYLOAD_KEY,
    taskQueue: read.HANDOFF_TASK_QUEUE,
    logLevel: read.HANDOFF_LOG_LEVEL,
    host: read.HANDOFF_HOST,
    metricsPort: read.HANDOFF_METRICS_PORT,
    workflowBundle: read.HANDOFF_WORKFLOW_BUNDLE,
    ...(read.HANDOFF_NOTIFY_URL !== undefined &&
      read.HANDOFF_NOTIFY_SECRET !== undefined && {
        notify: { url: read.HANDOFF_NOTIFY_URL, secret: read.HANDOFF_NOTIFY_SECRET },
      }),
    ...(read.HANDOFF_CHANNELS_FILE !== undefined && readChannelsFile(read.HANDOFF_CHANNELS_FILE, environment)),
    ...(read.HANDOFF_DEADMAN_URL !== undefined && {
      deadMan: {
        url: read.HANDOFF_DEADMAN_URL,
        method: read.HANDOFF_DEADMAN_METHOD,
        every: read.HANDOFF_DEADMAN_EVERY,
        ...(read.HANDOFF_DEADMAN_FAIL_URL !== undefined && { failUrl: read.HANDOFF_DEADMAN_FAIL_URL }),
        ...(read.HANDOFF_DEADMAN_SECRET !== undefined && { secret: read.HANDOFF_DEADMAN_SECRET }),
      },
    }),
    ...(read.HANDOFF_ROUTES_FILE !== undefined && {
      routes: {
        file: read.HANDOFF_ROUTES_FILE,
        ...(read.HANDOFF_ROUTES_SECRET !== undefined && { secret: read.HANDOFF_ROUTES_SECRET }),
      },
    }),
    ...(read.HANDOFF_SOURCES_FILE !== undefined && {
      sources: readSourcesFile(read.HANDOFF_SOURCES_FILE, environment),
    }),
    ...(read.HANDOFF_ARCHIVE_DIR !== undefined && { archiveFolder: read.HANDOFF_ARCHIVE_DIR }),
    watchTick: read.HANDOFF_WATCH_TICK,
    sweepTick: read.HANDOFF_SWEEP_TICK,
    watchSlots: read.HANDOFF_WATCH_SLOTS,
    workflowCache: read.HANDOFF_WORKFLOW_CACHE,
  };
}
