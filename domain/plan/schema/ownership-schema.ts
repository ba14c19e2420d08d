import { z } from 'zod';
import { STAGES } from '../journey';
import { decided, duration, identifier, instruction, list, phaseIdentifier, text } from './values';

/** Which way a datum is copied to the side that does not own it. */
export const SYNC_DIRECTIONS = ['fromOwner', 'legacyToTarget', 'targetToLegacy', 'none'] as const;

const tail = z.strictObject({
  id: identifier.describe("Name of the tail, unique in its row, such as 'refunds'."),
  what: instruction.describe(
    'What still comes from the old contract: refunds follow their charge, disputes, late results.',
  ),
  writer: decided.describe('The legacy or shared system that may go on writing this, and nothing else.'),
  owner: decided.describe('The team that answers for it until it ends.'),
  ends: duration.describe("How long after the phase's commit it ends, such as '120d'."),
});

/** Who owns a datum, by stage of the patient's journey (R4). */
export const ownershipSchema = z.strictObject({
  datum: identifier.describe(
    "What is owned: 'patient-contact', 'intake-answers', 'provider-decision', 'payment-status', 'subscription-status', 'fulfillment-status', 'support-ownership', or one declared under 'data'.",
  ),
  stages: list(z.enum(STAGES))
    .optional()
    .describe(
      'The stages in which this holds; all of them unless declared. A datum has one row for each stage at most.',
    ),
  owner: z
    .strictObject({
      legacy: decided.describe('The owner until the datum is handed over: a legacy or shared system.'),
      target: decided.describe('The owner afterwards: a target or shared system, or the same one where nothing moves.'),
    })
    .describe('The one system whose writes count, before and after.'),
  handedOverBy: phaseIdentifier
    .optional()
    .describe('The phase whose commit hands it over. Needed where the two owners differ.'),
  secondaryWriter: decided
    .optional()
    .describe('The one other system that may write it, such as a support desk. None unless declared.'),
  sync: z
    .enum(SYNC_DIRECTIONS)
    .describe(
      "Which way it is copied: 'fromOwner' turns round when it is handed over; a fixed direction is for a datum that is not.",
    ),
  conflict: z
    .enum(['ownerWins', 'latestWins', 'byHand'])
    .describe("What is done when both sides say something else; 'byHand' is the escalation owner's work."),
  escalation: decided.describe('The team that decides where the rule does not.'),
  tails: list(tail).optional().describe('What the old owner still owes after the commit, each with an end.'),
});

/** A datum that only this plan has. */
export const datumSchema = z.strictObject({
  id: identifier.describe('Name of the datum, unique in the plan.'),
  title: text.optional().describe('How people know it.'),
});
