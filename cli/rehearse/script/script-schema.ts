import { z } from 'zod';
import { ROLES } from '../../../domain/plan/journey';
import { duration, identifier, list, phaseIdentifier, reason, share, text } from '../../../domain/plan/schema/values';
import { APPROVAL_KINDS } from '../../../domain/phase/cohort-run';

/** What a script of this release says first. */
export const SCRIPT_VERSION = 'warm-handoff/rehearsal/v1';

const wall = duration.describe("Wall-clock time, such as '3s'.");

const limits = {
  watch: wall.optional().describe('A step is looked at for this long, at most.'),
  soak: wall.optional().describe('The last watch, at 100%, at most.'),
  dwell: wall.optional().describe('From a commit to the next phase, at most.'),
  hold: wall.optional().describe('Until a gate that cannot decide pages a person, at most.'),
  escalateAfter: wall.optional().describe('Until an open decision pages a person, at most.'),
  minimumOutcomes: z.int().min(1).max(1_000).optional().describe('Outcomes that a gate waits for, at most.'),
  perDay: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('Units that target takes a day, at most, where a step says a number.'),
};

const cut = z.strictObject({
  ...limits,
  within: wall
    .optional()
    .describe('Deadlines of handoffs, at most: gates wait for them at each step. As the plan has them unless given.'),
  latenessAtLeast: wall.optional().describe('How late an event may arrive, at least: the one time that grows.'),
  phases: z
    .record(phaseIdentifier, z.strictObject(limits))
    .default({})
    .describe('Other limits for one phase, by its id.'),
});

const moment = z
  .strictObject({
    phase: phaseIdentifier.describe('Id of the phase.'),
    cohort: identifier.optional().describe('Id of the cohort; any of the phase where absent.'),
    share: share.optional().describe("While the step of this share is looked at, such as '25%'."),
    step: z
      .int()
      .min(1)
      .optional()
      .describe("While this step of the ramp is looked at; the first is 1. Instead of 'share'."),
  })
  .describe('When it happens: a cohort is at this step of its ramp.');

const id = identifier.describe('Name of the scene, unique in the script.');

const breakScene = z
  .strictObject({
    id,
    kind: z.literal('break'),
    at: moment,
    handoff: identifier.describe('The handoff that breaks on target: one with a gate that was agreed to roll back.'),
    how: z
      .enum(['drop', 'slow'])
      .default('drop')
      .describe("'drop': what ends it never happens. 'slow': it happens far too late."),
  })
  .describe(
    'Target breaks, its gate rolls back, and it is mended when each patient who was lost has an exception; then people go on.',
  );

const absenceScene = z
  .strictObject({
    id,
    kind: z.literal('absence'),
    at: z
      .strictObject({
        phase: phaseIdentifier.describe('Id of the phase.'),
        cohort: identifier.optional().describe('Id of the cohort; all of the phase where absent.'),
      })
      .describe('Where nobody decides.'),
    decision: z.enum(APPROVAL_KINDS).describe('Which decision nobody takes, until it has paged somebody.'),
  })
  .describe('Nobody decides until somebody was paged; then people do.');

const rollBackScene = z
  .strictObject({
    id,
    kind: z.literal('rollBack'),
    at: moment.extend({ cohort: identifier.describe('Id of the cohort that is rolled back.') }),
    by: z
      .enum(['signal', 'api'])
      .default('signal')
      .describe("'signal': with `temporal workflow signal` and nothing else. 'api': as `handoff rollback` does."),
    reason: reason.describe('Why, for the audit log.'),
    then: z
      .enum(['takeOut', 'goOn'])
      .default('takeOut')
      .describe("'takeOut': the cohort ends without a commit. 'goOn': people let it start again."),
  })
  .describe('A person rolls one cohort back while the others go on.');

const cases = z.strictObject({
  resolve: z.int().min(0).max(100).default(2).describe('How many cases of each queue that has any are worked on.'),
  by: z
    .record(identifier, z.enum(ROLES))
    .default({})
    .describe('Who works on a queue, by role; release managers where it is not said.'),
});

export const scriptSchema = z
  .strictObject({
    apiVersion: z
      .literal(SCRIPT_VERSION)
      .describe(`The version of the script language: '${SCRIPT_VERSION}'. Write it first.`),
    plan: identifier.describe("The 'migration' of the plan that it is for."),
    title: text.optional().describe('How people know the rehearsal.'),
    timeScale: z.number().min(1).max(100_000).describe("How many times as fast the plan's time runs."),
    visitorsPerSecond: z
      .number()
      .min(0.1)
      .max(20)
      .default(3)
      .describe('People who arrive in a second of the wall clock.'),
    mix: z
      .record(z.string(), z.record(z.string(), z.number().min(0).max(1_000)))
      .default({})
      .describe('How often each code of an attribute is met, by attribute: weights.'),
    cut: cut.prefault({}).describe('What is made short enough to sit through. Everything else is as the plan says.'),
    scenes: list(z.discriminatedUnion('kind', [breakScene, absenceScene, rollBackScene]), 0)
      .default([])
      .describe('What happens to the plan, each once.'),
    cases: cases.prefault({}).describe('What becomes of the exceptions.'),
  })
  .describe('A script for a rehearsal of a cutover plan.');

export type Script = z.output<typeof scriptSchema>;
export type ScriptScene = Script['scenes'][number];
export type BreakScene = Extract<ScriptScene, { kind: 'break' }>;
export type AbsenceScene = Extract<ScriptScene, { kind: 'absence' }>;
export type RollBackScene = Extract<ScriptScene, { kind: 'rollBack' }>;
export type Moment = BreakScene['at'];
