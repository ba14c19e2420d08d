import { z } from 'zod';
import { BUILT_IN_GATE_NAMES, SEVERITIES } from '../journey';
import { gateSourceSchema } from './gate-source-schema';
import { decided, duration, eventType, identifier, rate } from './values';

/** How a limit on a rate is judged. */
const test = z
  .enum(['sequential', 'threshold'])
  .optional()
  .describe(
    "'sequential', which it is unless declared: the limit is crossed on evidence, at any number of outcomes; 'threshold': by the plain rate, once there are 'minimumOutcomes'.",
  );

const above = rate
  .optional()
  .describe('Evidence that the step asks for before it ends: that target keeps more than this.');

const minimum = z.int().min(1);

const gateRule = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('floor'),
      atLeast: rate.describe("The limit: a kept rate on target below it is crossed, such as '97%'."),
      minimumOutcomes: minimum
        .default(20)
        .describe(
          "How many handoffs must have ended on target since the split last changed before the gate can pass; with 'threshold', in the attempt before it decides.",
        ),
      test,
      above,
    })
    .describe('The kept rate on target against a floor.'),
  z
    .strictObject({
      kind: z.literal('comparison'),
      margin: rate.describe("How far the target's kept rate may be under legacy's over the same epochs, such as '5%'."),
      minimumOutcomes: minimum
        .default(30)
        .describe(
          "How many handoffs must have ended on target since the split last changed, and on legacy in the attempt, before the gate can pass; with 'threshold', on each side in the attempt before it decides.",
        ),
      test,
      notWorseBy: rate
        .optional()
        .describe('Evidence that the step asks for before it ends: that target is not worse than legacy by this much.'),
    })
    .describe("The kept rate on target against legacy's at the same time."),
  z
    .strictObject({
      kind: z.literal('zeroTolerance'),
      missed: z
        .int()
        .min(0)
        .default(0)
        .describe('How many may be missed on target in the attempt; one more crosses the limit.'),
      minimumOutcomes: minimum
        .default(1)
        .describe(
          "How many handoffs must have ended on target since the split last changed before the gate can pass; with 'ofFirst', how many of those in the attempt.",
        ),
      ofFirst: z
        .int()
        .min(1)
        .max(10_000)
        .optional()
        .describe('Only the first so many on target in the attempt count; all of them unless declared.'),
      condition: identifier
        .optional()
        .describe(
          "Only those count that failed this condition ('must') of the handoff; all that were missed unless declared.",
        ),
      counts: z
        .enum(['missed', 'secondEnds'])
        .optional()
        .describe(
          "What counts: the missed ones, which it is unless declared, or the ends that came once more ('secondEnds') of a handoff with 'exactlyOnce'.",
        ),
    })
    .describe('A count of missed handoffs on target, where each case matters.'),
  z
    .strictObject({
      kind: z.literal('latency'),
      percentile: z
        .number()
        .min(1)
        .max(99.9)
        .describe("Of a hundred that ended in time or did not, so many must end within 'within' on target."),
      within: duration.describe("How fast: a shorter time than the handoff's own deadline, such as '2m'."),
      minimumOutcomes: minimum
        .default(20)
        .describe(
          "How many handoffs must have ended on target since the split last changed before the gate can pass; with 'threshold', in the attempt before it decides.",
        ),
      test,
      above,
      margin: rate
        .optional()
        .describe(
          "Judged against legacy instead: how far the share that is as fast may be under legacy's; against 'percentile' unless declared.",
        ),
    })
    .describe('How many end as fast as this.'),
  z
    .strictObject({
      kind: z.literal('slowerThanLegacy'),
      margin: rate.describe(
        "How far the target's share that ends within legacy's p50, p90 or p99 may be under legacy's own, such as '5%'.",
      ),
      minimumOutcomes: minimum
        .default(30)
        .describe(
          'How many handoffs must have ended on target since the split last changed, and on legacy in the attempt, before the gate can pass.',
        ),
      notWorseBy: rate
        .optional()
        .describe(
          'Evidence that the step asks for before it ends: that target is not below legacy by this much at any of the three.',
        ),
    })
    .describe(
      "How long it takes on target against legacy's own times: those within which 50%, 90% and 99% ended there before.",
    ),
  z
    .strictObject({
      kind: z.literal('ratio'),
      event: eventType.describe(
        "What should be rare, such as 'support.ticketOpened'. A handoff counts once, however many of them its journey had between the start and the deadline.",
      ),
      times: z
        .number()
        .min(1)
        .max(100)
        .describe(
          'The limit: how many times as often as on legacy it may be on target, such as 1.2. It is crossed on evidence.',
        ),
      minimumOutcomes: minimum
        .default(30)
        .describe(
          'How many handoffs must have ended on target since the split last changed, and on legacy in the attempt, before the gate can pass.',
        ),
    })
    .describe("How often an event comes on target against legacy's at the same time."),
  z
    .strictObject({
      kind: z.literal('capacity'),
      team: decided.describe('The team that works on them.'),
      load: rate
        .optional()
        .describe('The share of what its shift on duty can work on at once that may be open; 100% unless declared.'),
      during: duration.describe('For how long without a break it must be above before the limit is crossed.'),
    })
    .describe(
      "How many of the handoff are open, on both sides together, against what a team's shift on duty can work on.",
    ),
]);

export const gateSchema = z.strictObject({
  builtIn: z
    .enum(BUILT_IN_GATE_NAMES)
    .optional()
    .describe(
      'A gate that is known by its name. What is written beside it counts; what is left out is as known: id, handoff, severity and rule.',
    ),
  id: identifier.describe('Name of the gate, unique in its phase.'),
  handoff: identifier.describe("One of this phase's handoffs: its outcomes are what the gate is decided on."),
  severity: z.enum(SEVERITIES).describe('What a crossed limit costs patients.'),
  rule: gateRule.describe(
    'The limit: a floor, a comparison with legacy, zero tolerance, how long it takes (by itself, or against legacy), how often something else comes, or what a team can work on.',
  ),
  source: gateSourceSchema
    .optional()
    .describe("Where its figures come from; the outcomes of the migration's own handoffs unless declared."),
});
