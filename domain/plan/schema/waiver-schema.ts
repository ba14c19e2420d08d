import { z } from 'zod';
import { calendarDate, decided, reason, text } from './values';

export const waiverSchema = z.strictObject({
  code: z
    .string()
    .regex(/^WH\d{3}$/, "Write the finding's code as lint prints it, such as 'WH305'.")
    .describe(
      "The finding's code, such as 'WH305'. Never one that protects patients: docs/plan-lint.md says which may be waived.",
    ),
  at: text.max(255).describe("Where it is found, as lint prints it, such as 'stackMap[4].actionOwner'."),
  reason: reason.describe('Why the plan may start with it.'),
  approvedBy: decided.describe('The team that answers for it.'),
  expires: calendarDate.describe('From this day on (UTC) it stops the plan again.'),
});
