import type { Plan, PlanCalendar, PlanHandoff } from '../../../domain/plan/plan-schema';
import { OpenMinutes } from './open-minutes';
import type { DeadlineOf, Standstill } from './recount-handoff';

/** How a recount's clock stands to the plan's: business time is of the plan's days and hours. */
export interface PlansClock {
  /** Milliseconds since 1970, by the plan. */
  toPlan(at: number): number;
  fromPlan(at: number): number;
}

export const SAME_CLOCK: PlansClock = { toPlan: (at) => at, fromPlan: (at) => at };

/**
 * When a handoff is over, by the definition alone, minute by minute: `within` of time in which its clock does not stand still, or so many hours in which the calendar is
 * open, or the ends of so many open days after the one of its start.
 * @param within on the recount's own clock
 */
export function recountDeadline(
  { businessTime }: Pick<PlanHandoff, 'businessTime'>,
  { calendars = [] }: Pick<Plan, 'calendars'>,
  within: number,
  clock: PlansClock = SAME_CLOCK,
): DeadlineOf {
  const calendar = calendars.find(({ id }) => id === businessTime?.calendar);
  if (businessTime === undefined || calendar === undefined) return (at, stops) => plainly(at, within, stops);
  const minutes = minutesOf(calendar);
  const amount = Number.parseInt(businessTime.within, 10);
  return (startedAt, standstills) => {
    const from = clock.toPlan(startedAt);
    const stops = standstills.map((one) => ({ from: clock.toPlan(one.from), until: clock.toPlan(one.until) }));
    const over = businessTime.within.endsWith('bd')
      ? minutes.daysAfter(from, amount, stops)
      : minutes.hoursAfter(from, amount, stops);
    if (over === undefined) return plainly(startedAt, within, standstills);
    return Math.max(clock.fromPlan(over), standstills.at(-1)?.until ?? startedAt);
  };
}

const known = new WeakMap<PlanCalendar, OpenMinutes>();

function minutesOf(calendar: PlanCalendar): OpenMinutes {
  const minutes = known.get(calendar) ?? new OpenMinutes(calendar);
  known.set(calendar, minutes);
  return minutes;
}

/** What it has left when its clock stops, it has when it goes on. */
function plainly(startedAt: number, within: number, standstills: readonly Standstill[]): number {
  let left = within;
  let since = startedAt;
  for (const { from, until } of standstills) {
    if (left < from - since) break;
    left -= from - since;
    since = until;
  }
  return since + left;
}
