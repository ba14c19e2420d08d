import { z } from 'zod';
import { openHours } from './team-schema';
import { calendarDate, identifier, list, timeZone } from './values';

const hours = z.strictObject({
  id: identifier.describe('Name of the hours, unique in their calendar.'),
  ...openHours,
});

const closed = z.union([
  z
    .strictObject({
      id: identifier.describe('Name of the closed days, unique in their calendar.'),
      from: calendarDate.describe("The first closed day, such as '2027-11-25'."),
      to: calendarDate.describe('The last closed day, itself included.'),
    })
    .describe('A holiday, a freeze, a campaign flight.'),
  z
    .strictObject({
      id: identifier.describe('Name of the closed days, unique in their calendar.'),
      lastDaysOfMonth: z.int().min(1).max(15).describe('How many days at the end of each month are closed.'),
    })
    .describe('The end of each month.'),
]);

/** When something may happen, or when business time runs. */
export const calendarSchema = z.strictObject({
  id: identifier.describe('Name of the calendar, unique in the plan.'),
  timeZone: timeZone.describe('The IANA time zone of its hours and days.'),
  open: list(hours).describe('The hours in which it is open.'),
  closed: list(closed).optional().describe('Days on which it is closed all the same: holidays, freezes, month ends.'),
});

/** R48: nothing goes on at night; going back is always allowed. */
export const steeringSchema = z.strictObject({
  calendar: identifier.describe('The calendar in whose open hours a phase may start, take a step or commit.'),
  rollback: z
    .literal('always', "Write 'always': a rollback or a pause never waits for a calendar.")
    .describe("Always 'always': a rollback or a pause never waits for a calendar."),
});
