import { z } from 'zod';
import { decided, identifier, instruction, list, text, timeOfDay, timeZone, weekday } from './values';

/** When somebody is there: days of the week and hours. */
export const openHours = {
  days: list(weekday, 1, 7).describe('Days of the week; of hours over midnight, the day on which they begin.'),
  from: timeOfDay.describe("When it begins, such as '09:00'."),
  to: timeOfDay.describe("When it ends; '24:00' is midnight, and not after 'from' means on the next day."),
};

const shift = z.strictObject({
  id: identifier.describe('Name of the shift, unique in its team.'),
  ...openHours,
  capacity: z.int().min(1).optional().describe('Open cases that the people of this shift can work on at once.'),
});

/** Ways to reach people, by their kind: where one leads is no plan's to say, but the worker's environment's. */
export const CHANNEL_KINDS = ['pager', 'chat', 'mail', 'webhook'] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

export const teamSchema = z.strictObject({
  id: decided.describe('Name of the team, unique in the plan.'),
  title: text.optional().describe('How people know the team.'),
  reach: z
    .strictObject({
      rota: instruction.describe('The rota or line on which somebody of the team is reached; never one person.'),
      timeZone: timeZone.describe('The IANA time zone of the shifts.'),
      shifts: list(shift).describe('When somebody is there.'),
      pagedBy: list(z.enum(CHANNEL_KINDS), 1, 4)
        .optional()
        .describe(
          "By what kinds of channel it is told at once: 'pager', 'chat', 'mail', 'webhook'; by all that lead to it unless declared.",
        ),
      toldBy: list(z.enum(CHANNEL_KINDS), 1, 4)
        .optional()
        .describe('By what kinds of channel it is told what can wait; by all that lead to it unless declared.'),
    })
    .optional()
    .describe(
      "How the team is reached. With it, lint compares each queue's 'sla' with the hours in which nobody is there.",
    ),
});
