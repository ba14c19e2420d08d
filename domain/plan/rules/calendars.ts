import { readable, type Rule } from './rule';

/** R48: the calendar that the migration goes on by is one that the plan declares. */
export const advanceCalendar: Rule = function* ({ advance }, names) {
  yield* names.calendars.check(advance?.calendar, ['advance', 'calendar']);
};

/** Closed days have a first and a last, in that order. */
export const closedDays: Rule = function* ({ calendars }) {
  for (const [index, { closed }] of readable(calendars)) {
    for (const [at, days] of readable(closed)) {
      if (!('from' in days) || days.from === undefined || days.to === undefined || days.from <= days.to) continue;
      yield {
        code: 'WH732',
        path: ['calendars', index, 'closed', at, 'to'],
        message: `The last closed day is before the first, ${days.from}. Write that day or a later one.`,
      };
    }
  }
};
