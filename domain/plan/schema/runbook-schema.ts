import { z } from 'zod';
import { decided, identifier, instruction, list, phaseIdentifier, timeOfDay } from './values';

/** People's part of the move (R42). */
export const taskSchema = z.strictObject({
  id: identifier.describe('Name of the task, unique in the plan.'),
  phase: phaseIdentifier
    .optional()
    .describe("The phase whose first step is its day 0; the migration's first step unless declared."),
  day: z
    .int()
    .min(-365)
    .max(730)
    .describe('Days from day 0: -60 is sixty days before, 0 the day itself, 1 the day after.'),
  at: timeOfDay.optional().describe("The time of that day, such as '08:30'."),
  what: instruction.describe('What is done.'),
  owner: decided.describe('The team that does it.'),
  evidence: instruction.describe('What shows that it is done.'),
  needs: list(identifier).optional().describe('Tasks that must be done before.'),
});
