import { formatDuration } from '../../time/duration';
import type { Draft } from '../draft';
import { longestBusinessTime } from '../open-hours';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { Plan, PlanHandoff } from '../plan-schema';
import type { PlanNames } from './plan-names';
import { hoursOf, readable, type Rule } from './rule';

/** What is said by the clock is not shorter than the promise in business time can last. */
export const businessTimes: Rule = function* ({ handoffs, queues, calendars }, names) {
  for (const [index, { businessTime, within }] of readable(handoffs)) {
    yield* promised(businessTime, within, 'within', ['handoffs', index], calendars, names);
  }
  for (const [index, { businessTime, sla }] of readable(queues)) {
    yield* promised(businessTime, sla, 'sla', ['queues', index], calendars, names);
  }
};

function* promised(
  promise: Draft<PlanHandoff>['businessTime'],
  counted: number | undefined,
  field: 'within' | 'sla',
  path: PlanPath,
  calendars: Draft<Plan>['calendars'],
  names: PlanNames,
): Generator<Finding> {
  if (promise === undefined) return;
  yield* names.calendars.check(promise.calendar, [...path, 'businessTime', 'calendar']);
  const calendar = calendars?.find((one) => one?.id !== undefined && one.id === promise.calendar);
  const hours = hoursOf(calendar?.open);
  if (hours === undefined || promise.within === undefined || counted === undefined) return;
  const longest = longestBusinessTime(hours, promise.within);
  if (counted >= longest) return;
  yield {
    code: 'WH417',
    path: [...path, field],
    message:
      `${promise.within} of ${quoteName(promise.calendar ?? '')} can take up to ${formatDuration(longest)} by the clock, holidays left out, and this says ${formatDuration(counted)}: ` +
      'it is shorter than the promise. Write that or more, or promise less.',
  };
}
