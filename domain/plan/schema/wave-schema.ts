import { z } from 'zod';
import { codes, duration, fieldName, identifier, instruction, list, reason } from './values';

/** People who are patients already: they never arrive. */
export const existingSchema = z.strictObject({
  id: identifier.describe("Name of the group, unique in the plan, such as 'dermatology'."),
  count: z.int().min(1).max(10_000_000).describe('How many there are.'),
  when: z
    .record(fieldName, codes())
    .optional()
    .describe('Attribute and the values that tell them apart, where attributes do.'),
});

/** What keeps somebody where they are until it is over. */
const OPEN_BUSINESS = ['order', 'lab', 'authorization', 'dispute', 'urgentThread'] as const;

const safeWindow = z.strictObject({
  nextCharge: duration.optional().describe('How far away the next charge must be at least.'),
  supply: duration.optional().describe('How long the medicine in hand must last at least.'),
  untilVisit: duration.optional().describe('How far away the next visit must be at least.'),
  sinceDoseChange: duration.optional().describe('How long ago the last change of dose must be at least.'),
  noneOpen: list(z.enum(OPEN_BUSINESS)).optional().describe('What must not be open.'),
  providerReady: z.boolean().optional().describe('Whether a provider on target must be ready for them.'),
});

const waveList = z.union([
  z
    .strictObject({
      id: identifier.describe('Name of the list, unique in its phase.'),
      existing: identifier.describe('The group of people it moves.'),
      sizes: list(z.int().min(1).max(1_000_000)).describe('How many each wave moves, in order.'),
      watch: duration.describe('How long the first wave is watched before the second.'),
    })
    .describe('A group that moves in waves.'),
  z
    .strictObject({
      id: identifier.describe('Name of the list, unique in its phase.'),
      existing: identifier.describe('The group of people it moves.'),
      byHand: reason.describe('Why they are moved one by one.'),
    })
    .describe('A group that moves by hand.'),
]);

const exclusion = z.strictObject({
  id: identifier.describe('Name of the exclusion, unique in its phase.'),
  who: instruction.describe("Who is in no wave, whatever their group: 'Minors, and whoever acts for somebody else'."),
  why: reason.describe('Why, and how they move instead.'),
});

/** How those who are here already move (R43). */
export const wavesSchema = z.strictObject({
  cap: z.int().min(1).max(1_000_000).describe('At most so many people a day, over all lists.'),
  safeWindow: safeWindow.describe('When somebody may be moved at all; until then they wait.'),
  notice: instruction.optional().describe('What they are told before.'),
  exclusions: list(exclusion).optional().describe('Who is taken out of every wave, and moves by hand or not at all.'),
  lists: list(waveList).describe('Which groups move, and how.'),
});
