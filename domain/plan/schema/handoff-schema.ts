import { z } from 'zod';
import { SEVERITIES } from '../journey';
import {
  businessTime,
  codes,
  commandName,
  decided,
  duration,
  eventType,
  fieldName,
  identifier,
  list,
  phaseIdentifier,
} from './values';

const oneOrMoreTypes = z.union([eventType.transform((type) => [type]), list(eventType)]);

/** A time as people promise it, in hours or days in which a calendar is open. */
export const businessTimeSchema = z.strictObject({
  within: businessTime.describe("Business hours or business days, such as '24bh' or '2bd'."),
  calendar: identifier.describe('The calendar whose open hours and days count.'),
});

const conditionOf = {
  id: identifier.describe('Name of the condition, unique in its handoff.'),
  end: eventType.optional().describe('The end that it is about; every end unless declared.'),
  field: fieldName.describe('A field of that end.'),
};

/** What an end must be like to keep a handoff: a wrong outcome is not a kept one (R50). */
const condition = z.union([
  z
    .strictObject({
      ...conditionOf,
      equalsStart: fieldName.describe(
        "The field of the start that it must equal: 'state' for a provider licensed there.",
      ),
    })
    .describe('An end that agrees with its start.'),
  z
    .strictObject({ ...conditionOf, oneOf: codes().describe('The codes that it must be one of.') })
    .describe('An end of one of these codes.'),
]);

const pause = z.strictObject({
  id: identifier.describe('Name of the pause, unique in its handoff.'),
  from: eventType.describe('The event from which the clock stands still, such as a question to the patient.'),
  until: eventType.describe('The event from which it runs on, such as the answer.'),
});

/** What a start and its end have in common. */
const correlate = z.union([
  z.literal('patient').describe('The patient, over all their journeys: a stop counts for every sender.'),
  z
    .strictObject({
      instance: z
        .enum(['visitor', 'subscription', 'login'])
        .describe('A kind of unit whose key both events carry, in whichever journey.'),
    })
    .describe('One unit: each subscription on its own.'),
  z
    .strictObject({ field: fieldName.describe('A required field of both events, of kind code or integer.') })
    .describe('One value of a field, within the journey: each order on its own.'),
]);

/** What is sent again to whom, when people ask for it at a missed one's case (R30). */
const redrive = z.strictObject({
  command: commandName.describe(
    "What the system is to do, as a code such as 'review.assign'. It asks; the event that says that it was done has another name.",
  ),
  to: z
    .strictObject({
      legacy: decided
        .optional()
        .describe('The legacy or shared system that owes it where legacy must end the handoff.'),
      target: decided.optional().describe('The target or shared system that owes it where target must.'),
    })
    .describe(
      'The system that owes it, by the side that must end the handoff; on a side that is left out nothing is sent.',
    ),
});

export const handoffSchema = z
  .strictObject({
    id: identifier.describe('Name of the handoff, unique in the plan.'),
    phase: phaseIdentifier.describe('The phase whose placement decides the side that an outcome counts for.'),
    endPhase: phaseIdentifier
      .optional()
      .describe(
        "The phase whose placement says which side must end it; the handoff's own unless declared. Where the sides differ it is a bridge.",
      ),
    start: eventType.describe('The event that opens it.'),
    end: oneOrMoreTypes.describe('Any of these ends it as kept.'),
    must: list(condition).optional().describe('What an end must be like to keep it; another end is a wrong outcome.'),
    exactlyOnce: z.boolean().optional().describe('Whether a second end is a wrong outcome: a charge, a shipment.'),
    forEach: z
      .strictObject({
        field: fieldName.describe('A coded field of the end.'),
        of: codes().describe('The codes, of each of which there must be an end: every sender, every pharmacy.'),
      })
      .optional()
      .describe('One start that must lead to several ends.'),
    correlate: correlate
      .optional()
      .describe(
        'What its start and its end have in common; the journey unless declared. Several may then be open at once.',
      ),
    within: duration.describe("The deadline, counted from its start, such as '10m'."),
    businessTime: businessTimeSchema
      .optional()
      .describe(
        "The deadline as people promise it, in business time; 'within' is then the longest that it takes by the clock, holidays left out.",
      ),
    pausedWhile: list(pause)
      .optional()
      .describe('When the clock stands still, because somebody else has to act: paused time does not count.'),
    unless: list(eventType, 0).default([]).describe('Any of these releases it: refunded, withdrew.'),
    severity: z.enum(SEVERITIES).describe('What a missed one costs the patient.'),
    queue: identifier.optional().describe("Where a missed one is worked on. Either this or 'cases: none'."),
    cases: z
      .enum(['none'])
      .optional()
      .describe(
        "'none' where a missed one is counted and nobody has to work on it: an intake that was not finished. It opens no case then, and has no 'queue'.",
      ),
    recipients: list(decided)
      .optional()
      .describe("The teams that are told of a missed one, besides the queue's owner."),
    redrive: redrive
      .optional()
      .describe('The command that people can have sent again for a missed one; none unless declared.'),
    lateness: duration
      .optional()
      .describe("How long after the deadline an event may still arrive; the plan's unless declared."),
  })
  .meta({ oneOf: [{ required: ['queue'] }, { required: ['cases'] }] });
