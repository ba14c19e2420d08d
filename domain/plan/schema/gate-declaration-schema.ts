import { z } from 'zod';
import { SEVERITIES } from '../journey';
import { rollbackAction } from './rollback-schema';
import { decided, duration, identifier, instruction, list, phaseIdentifier, rate, text } from './values';

const limit = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('count'),
      atMost: z.int().min(0).max(1_000_000).describe('One more crosses the limit; 0 is zero tolerance.'),
      ofFirst: z
        .int()
        .min(1)
        .max(1_000_000)
        .optional()
        .describe('Among so many at the beginning; of all unless declared.'),
    })
    .describe('How often something may happen.'),
  z.strictObject({ kind: z.literal('floor'), atLeast: rate.describe('Below it is crossed.') }).describe('A rate.'),
  z.strictObject({ kind: z.literal('ceiling'), atMost: rate.describe('Above it is crossed.') }).describe('A rate.'),
  z
    .strictObject({
      kind: z.literal('comparison'),
      margin: rate.describe('How many points under legacy it may be.'),
      upToShare: rate.optional().describe('Up to which share of a ramp this holds; for all of it unless declared.'),
    })
    .describe("A rate against legacy's at the same time."),
  z
    .strictObject({
      kind: z.literal('ratio'),
      times: z.number().min(1).max(100).describe("How many times legacy's it may be, such as 1.25."),
      per: text.describe("What it is counted by: 'per 100 patients a day'."),
    })
    .describe("A count against legacy's."),
  z
    .strictObject({
      kind: z.literal('latency'),
      percentile: z.number().min(1).max(100).describe('Of a hundred, so many must be as fast.'),
      within: duration.describe('How fast.'),
    })
    .describe('How long something takes.'),
  z
    .strictObject({
      kind: z.literal('capacity'),
      team: decided.describe('The team whose capacity it is.'),
      load: rate.describe('The share of it that may be used.'),
      during: duration.describe('For how long it must be above.'),
    })
    .describe('How much of what a team can do is used.'),
  z
    .strictObject({
      kind: z.literal('probes'),
      every: duration.describe('How often it is tried.'),
      failures: z.int().min(1).max(100).describe('So many in a row cross the limit.'),
    })
    .describe('Synthetic patients.'),
]);

/** A limit on what no handoff measures. People watch it; each has an answer that was agreed before launch. */
export const gateDeclarationSchema = z.strictObject({
  id: identifier.describe('Name of the gate, unique in the plan.'),
  phases: list(phaseIdentifier).optional().describe('The phases that it is about; all of them unless declared.'),
  measure: instruction.describe("What is measured: 'Charges after a cancellation'."),
  source: z
    .enum(['events', 'queues', 'prometheus', 'sql', 'http', 'synthetic'])
    .describe('Where the figure comes from.'),
  limit: limit.describe('When it is crossed.'),
  minimumOutcomes: z.int().min(1).max(1_000_000).optional().describe('How many outcomes it takes to decide.'),
  severity: z.enum(SEVERITIES).describe('What a crossed limit costs patients.'),
  action: rollbackAction,
  page: decided.optional().describe('The team that is paged as well.'),
  agreedBy: list(decided).describe('The teams that agreed to it before launch.'),
});
