import { z } from 'zod';
import type { Side } from '../../domain/sides/side';
import type { DroppedEvent, TallyCounts } from '../events/event-tally';
import { DEFAULT_LOG_COLUMNS } from '../recorded/event-log';
import type { RunState } from '../runs/run-state';
import { faultSchema, type Fault } from '../stacks/fault';

const id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'Use letters, digits, dots, hyphens and underscores.');
const prefix = z.string().regex(/^[a-z][a-z0-9]{1,15}$/);
const common = {
  migration: id,
  phase: id,
  /** The migration's own. */
  timeScale: z.number().min(1).max(1_000_000),
  /** The same seed gives the same patients; a random one where absent. */
  seed: z.string().min(1).max(64).optional(),
};

/** `POST /runs`. */
export const runRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('payment'),
    ...common,
    /** In the plan's time. */
    patientsPerHour: z.number().positive().max(1_000_000),
    prefixes: z.strictObject({ patient: prefix, episode: prefix, subscription: prefix }),
  }),
  z.strictObject({
    kind: z.literal('recorded'),
    ...common,
    /** Path of an event log that the sandbox's process can read. */
    log: z.string().min(1).max(4_096),
    columns: z
      .strictObject({ journey: z.string().min(1), type: z.string().min(1), time: z.string().min(1) })
      .default(DEFAULT_LOG_COLUMNS),
    days: z.number().positive().max(3_660).default(14),
    prefixes: z.strictObject({ patient: prefix, episode: prefix }),
    /** CloudEvents `source` of each side's system. */
    sources: z.strictObject({ legacy: z.string().min(1).max(255), target: z.string().min(1).max(255) }),
  }),
]);
export type RunRequest = z.output<typeof runRequestSchema>;

/** `PUT /faults`: replaces all faults. */
export const faultsRequestSchema = z.strictObject({ faults: z.array(faultSchema).max(20) });

/** One stack, in `GET /state`. */
export interface StackState {
  url: string;
  up: boolean;
  /** Things that it will still do by itself, by migration. */
  underway: Record<string, number>;
}

/** `GET /state`: counts only. */
export interface SandboxState {
  stacks: Record<Side, StackState>;
  runs: RunState[];
  /** By migration and side. */
  events: Record<string, Record<Side, TallyCounts>>;
  faults: readonly Fault[];
}

/** `GET /dropped/{migration}`: the events that faults lost, by side. */
export type DroppedAnswer = Record<Side, DroppedEvent[]>;
