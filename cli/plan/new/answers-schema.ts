import { z } from 'zod';
import { JOURNEY_KINDS, LAYERS, ROLES } from '../../../domain/plan/journey';
import {
  codes,
  decided,
  identifier,
  instruction,
  list,
  reason,
  text,
  timeOfDay,
  timeZone,
  weekday,
} from '../../../domain/plan/schema/values';

const count = z.int().min(1).max(1_000_000);

const hours = z.strictObject({ days: list(weekday), from: timeOfDay, to: timeOfDay });

const approval = z.strictObject({
  count: z.int().min(1).max(5),
  roles: list(z.enum(ROLES)),
  fourEyes: z.boolean(),
});

/** What `plan new` asks, question by question. Whatever is not answered stays open in the plan: it is marked there, and lint refuses it. */
const answers = z.strictObject({
  migration: identifier,
  title: text.optional(),
  /** The parts of the journey that move. */
  phases: list(z.enum(JOURNEY_KINDS)).optional(),
  /** Why the others do not. */
  phasesLeftOut: z.partialRecord(z.enum(JOURNEY_KINDS), reason).optional(),
  states: codes().optional(),
  programs: codes().optional(),
  /** Programs that no ramp moves, since they move by hand; an empty list is an answer. */
  byHand: z.array(z.string()).max(200).optional(),
  /** Of the pilot of provider routing; its states and programs are some of those above. */
  pilot: z.strictObject({ states: codes().optional(), programs: codes().optional() }).optional(),
  teams: list(z.strictObject({ id: decided, title: text.optional() })).optional(),
  /** By layer: the system that owns the data on each side, and the team that acts. */
  layers: z
    .partialRecord(
      z.enum(LAYERS),
      z.strictObject({ legacy: decided.optional(), target: decided.optional(), team: decided.optional() }),
    )
    .optional(),
  /** What each system signs its events with. */
  sources: z.record(z.string(), text.max(255)).optional(),
  /** Arrivals a day by part of the journey, on both sides together. */
  volume: z.partialRecord(z.enum(JOURNEY_KINDS), count).optional(),
  /** Who is a patient already, by group; an empty list is an answer. */
  existing: z
    .array(z.strictObject({ id: identifier, count: z.int().min(1).max(10_000_000), byHand: instruction.optional() }))
    .max(200)
    .optional(),
  approvals: z
    .strictObject({ goNoGo: approval.optional(), goOn: approval.optional(), commit: approval.optional() })
    .optional(),
  /** When the migration may go on, when clinicians are there, and what a business day is. */
  timeZone: timeZone.optional(),
  hours: z.strictObject({ release: hours.optional(), clinic: hours.optional(), office: hours.optional() }).optional(),
});

/** The answers together: a part moves, or there is a reason why it does not. */
export const answersSchema = answers.superRefine(({ phases, phasesLeftOut = {} }, context) => {
  const left = JOURNEY_KINDS.filter((kind) => phasesLeftOut[kind] !== undefined);
  for (const kind of left) {
    if (phases?.includes(kind) !== true) continue;
    context.addIssue({
      code: 'custom',
      path: ['phasesLeftOut', kind],
      message: "It moves, by 'phases'. Leave it out there, or leave out the reason.",
    });
  }
  if (phases === undefined && left.length === JOURNEY_KINDS.length) {
    context.addIssue({
      code: 'custom',
      path: ['phasesLeftOut'],
      message: 'Then nothing moves. Leave out the reason of one part at least.',
    });
  }
});

export const answersShape = answers.shape;

export type Answers = z.output<typeof answersSchema>;
