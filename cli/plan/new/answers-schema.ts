import { z } from 'zod';
import { JOURNEY_KINDS, LAYERS, ROLES, type JourneyKind } from '../../../domain/plan/journey';
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
  /** Where it is not said how many, or whether whoever starts it counts, the template's word stands. */
  count: z.int().min(1).max(5).optional(),
  roles: list(z.enum(ROLES)),
  fourEyes: z.boolean().optional(),
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

/** The answers together: a part moves, or there is a reason why it does not; and each answer has a place in the plan. */
export const answersSchema = answers.superRefine((given, context) => {
  const { phases, phasesLeftOut = {} } = given;
  const left = JOURNEY_KINDS.filter((kind) => phasesLeftOut[kind] !== undefined);
  const refuse = (path: (string | number)[], message: string): void => {
    context.addIssue({ code: 'custom', path, message });
  };
  for (const kind of left) {
    if (phases?.includes(kind) !== true) continue;
    refuse(['phasesLeftOut', kind], "It moves, by 'phases'. Leave it out there, or leave out the reason.");
  }
  if (phases === undefined && left.length === JOURNEY_KINDS.length) {
    refuse(['phasesLeftOut'], 'Then nothing moves. Leave out the reason of one part at least.');
  }
  for (const { path, message } of placeless(given)) refuse(path, message);
});

/** Answers that the plan would have no place for: dropped without a word, somebody would take them for written. */
function* placeless(given: z.output<typeof answers>): Generator<{ path: (string | number)[]; message: string }> {
  const moves = new Set(movingKinds(given));
  for (const kind of JOURNEY_KINDS) {
    if (given.volume?.[kind] === undefined || moves.has(kind)) continue;
    yield { path: ['volume', kind], message: 'This part does not move. Leave out its volume, or let it move.' };
  }
  if (given.pilot !== undefined && !moves.has('providerRouting')) {
    yield {
      path: ['pilot'],
      message: "Provider routing does not move. Leave out its pilot, or add 'providerRouting'.",
    };
  }
  for (const [index, { byHand }] of (given.existing ?? []).entries()) {
    if (byHand === undefined || moves.has('portalRefills')) continue;
    const message =
      "Who is here already moves with 'portalRefills', which does not move: they stay where they are. Leave out 'byHand', or let it move.";
    yield { path: ['existing', index, 'byHand'], message };
  }
  const systems = new Set(Object.values(given.layers ?? {}).flatMap(({ legacy, target }) => [legacy, target]));
  for (const name of Object.keys(given.sources ?? {})) {
    if (systems.has(name)) continue;
    yield { path: ['sources', name], message: "No layer has this system. Name it under 'layers', or leave it out." };
  }
}

/** The parts of the journey that move: those listed, else all that have no reason to stay. */
export function movingKinds({ phases, phasesLeftOut = {} }: Pick<Answers, 'phases' | 'phasesLeftOut'>): JourneyKind[] {
  return phases ?? JOURNEY_KINDS.filter((kind) => phasesLeftOut[kind] === undefined);
}

export const answersShape = answers.shape;

export type Answers = z.output<typeof answersSchema>;
