import { z } from 'zod';
import { codes, decided, fieldName, identifier, instruction, list, phaseIdentifier } from './values';

/** People who must be there before a phase takes patients (R47). */
export const coverageSchema = z.strictObject({
  id: identifier.describe('Name of the requirement, unique in the plan.'),
  phase: phaseIdentifier.describe('The phase that needs them.'),
  ready: instruction.describe("What makes one count: 'licensed in the state and enrolled on target'."),
  minimum: z.int().min(1).max(10_000).describe('How many there must be at least, in each slice.'),
  each: list(fieldName)
    .optional()
    .describe(
      'The attributes that make the slices: each state, each state and program. One slice of all unless declared.',
    ),
  when: z
    .record(z.string(), codes())
    .optional()
    .describe('Attribute and the values that it is about; all of them unless declared.'),
  owner: decided.describe('The team that finds them.'),
});
