import { z } from 'zod';
import { JOURNEY_KINDS } from '../../domain/plan/journey';
import type { Side } from '../../domain/sides/side';
import type { DroppedEvent, SlowedEvent, TallyCounts } from '../events/event-tally';
import { PATIENT_ATTRIBUTES } from '../journey/attributes';
import type { ToldSide } from '../patients/told-sides';
import { DEFAULT_LOG_COLUMNS } from '../recorded/event-log';
import type { RunState } from '../runs/run-state';
import { faultSchema, type Fault } from '../stacks/fault';

const id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'Use letters, digits, dots, hyphens and underscores.');
const prefix = z.string().regex(/^[a-z][a-z0-9]{1,15}$/);
const weight = z.number().min(0).max(1_000);
const weights = <const Value extends string>(values: readonly [Value, ...Value[]]) =>
  z.partialRecord(z.enum(values), weight);
const common = {
  migration: id,
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
    phase: id,
    /** In the plan's time. */
    patientsPerHour: z.number().positive().max(1_000_000),
    prefixes: z.strictObject({ patient: prefix, episode: prefix, subscription: prefix }),
  }),
  z.strictObject({
    kind: z.literal('recorded'),
    ...common,
    phase: id,
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
  /** The whole journey: landing, intake, payment, review, pharmacy, portal, refills, support; on both stacks, with bridges between them. */
  z.strictObject({
    kind: z.literal('journey'),
    ...common,
    /** The migration's phase for each part of the journey. A part without one stays on legacy, and nobody is asked about it. */
    phases: z.partialRecord(z.enum(JOURNEY_KINDS), id),
    /** Everyone who comes, in the plan's time: visitors of the landing page, and subscribers who come to the portal. */
    visitorsPerHour: z.number().positive().max(1_000_000),
    /** Those of the plan's keys. Without a prefix of visitors or subscriptions no such key is sent. */
    prefixes: z.strictObject({
      patient: prefix,
      episode: prefix,
      visitor: prefix.optional(),
      subscription: prefix.optional(),
    }),
    /** The plan's event types, each with its fields: the stacks send no other type and no other field. All they can say where absent. */
    events: z.record(z.string().min(1).max(128), z.array(z.string().min(1).max(128)).max(100)).optional(),
    /** How many of each kind come, by weight: `{ state: { CA: 3, NY: 1 } }`. An attribute that is not named keeps its usual mix; a value that is not, gets none. */
    mix: z
      .strictObject({
        program: weights(PATIENT_ATTRIBUTES.program).optional(),
        state: weights(PATIENT_ATTRIBUTES.state).optional(),
        visit: weights(PATIENT_ATTRIBUTES.visit).optional(),
        relation: weights(PATIENT_ATTRIBUTES.relation).optional(),
      })
      .refine(
        (mix) => Object.values(mix).every((of) => Object.values(of).some((value) => value > 0)),
        'Give at least one value of each attribute named a weight above 0.',
      )
      .default({}),
  }),
]);
/** A request as it is written. */
export type RunOrder = z.input<typeof runRequestSchema>;
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

/**
 * `GET /dropped/{migration}`: the events that faults lost, by the side that should have sent them; of a journey with its part, phase,
 * lane and the patient's attributes. Nothing else of that work happens afterwards, so a handoff that waits for it is missed.
 * `GET /repeated/{migration}` and `GET /misstated/{migration}`: those that happened twice, and those that said another code.
 */
export type DroppedAnswer = Record<Side, DroppedEvent[]>;

/** `GET /slowed/{migration}`: the events that faults made late, by the side that sent them. */
export type SlowedAnswer = Record<Side, SlowedEvent[]>;

/** `GET /told/{migration}`: what everyone was told, by phase and unit: the stacks' own record. */
export interface ToldAnswer {
  told: ToldSide[];
}
