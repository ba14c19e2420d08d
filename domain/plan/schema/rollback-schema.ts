import { z } from 'zod';
import { decided, duration, identifier, list, phaseIdentifier, rate } from './values';

export const rollbackScope = z.enum(['step', 'cohort', 'phase', 'migration']);

/** What is done without asking. */
export const rollbackAction = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('rollback'),
        scope: rollbackScope.describe(
          'How far back: one step, the cohort, every cohort of the phase, or the migration, which then starts no other phase.',
        ),
      })
      .describe('Traffic goes back to legacy at once.'),
    z.strictObject({ kind: z.literal('pause') }).describe('The phase stops and waits for a person.'),
  ])
  .describe('What is done without asking.');

export const rollbackRuleSchema = z.strictObject({
  id: identifier.describe('Name of the rule, unique in the plan.'),
  phase: phaseIdentifier.describe('The phase of the gate.'),
  gate: identifier.describe('The gate whose crossed limit it answers; each gate has exactly one rule.'),
  action: rollbackAction,
  agreedBy: list(decided).describe('The teams that agreed to it before launch.'),
});

/** A rollback rule on queues: work that people cannot keep up with is a failure too (R35, R36). */
export const queueRuleSchema = z.strictObject({
  id: identifier.describe('Name of the rule, unique in the plan.'),
  queues: list(identifier).optional().describe('The queues that count; all of them unless declared.'),
  overdue: rate.describe("The share of a queue's open cases past their SLA above which it counts, such as '20%'."),
  during: duration.describe("For how long it must be so, such as '1h'."),
  count: z.int().min(1).max(200).describe('How many queues it takes.'),
  action: rollbackAction,
  agreedBy: list(decided).describe('The teams that agreed to it before launch.'),
});
