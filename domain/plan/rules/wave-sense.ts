import { formatDuration } from '../../time/duration';
import type { Draft } from '../draft';
import type { OpenHours } from '../open-hours';
import { quoteName } from '../plan-problem';
import type { Plan, PlanCalendar, PlanPhase } from '../plan-schema';
import { WEEKDAYS, type Weekday } from '../schema/values';
import { CYCLE } from './phase-sense';
import { hoursOf, readable, type Rule } from './rule';

const DAY = 86_400_000;
const YEAR = 366;
/** Days of a month, over a year. */
const MONTH = 365.25 / 12;

/** R9, R43: a first wave is few, and is watched until a charge and a refill have come round. */
export const firstWaveIsFew: Rule = function* ({ phases }) {
  for (const [index, { waves }] of readable(phases)) {
    for (const [at, list] of readable(waves?.lists)) {
      if (!('sizes' in list)) continue;
      const path = ['phases', index, 'waves', 'lists', at];
      const { sizes, watch } = list;
      const [first] = sizes ?? [];
      const all = (sizes ?? []).reduce<number>((sum, size) => sum + (size ?? 0), 0);
      if (first !== undefined && sizes?.includes(undefined) === false && first > all / 2 && all > 1) {
        yield {
          code: 'WH575',
          path: [...path, 'sizes', 0],
          message: `The first wave moves ${first} of ${all}: every fault of the move is found by most of them. Begin with few (R9).`,
        };
      }
      if (watch === undefined || watch >= CYCLE) continue;
      yield {
        code: 'WH576',
        path: [...path, 'watch'],
        message: `After ${formatDuration(watch)} most of the first wave have had no charge and no refill on target. Write 28d or longer.`,
      };
    }
  }
};

/** A cap is large enough for the waves to end, on the days on which the calendar lets them go on. */
export const wavesEnd: Rule = function* ({ phases, calendars, advance }) {
  for (const [index, { waves, calendar = advance?.calendar }] of readable(phases)) {
    const sizes = [...readable(waves?.lists)].flatMap(([, list]) => ('sizes' in list ? (list.sizes ?? []) : []));
    const all = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    if (waves?.cap === undefined) continue;
    const [, named] = [...readable(calendars)].find(([, { id }]) => id !== undefined && id === calendar) ?? [];
    const days = all / waves.cap / openShare(named);
    if (days <= YEAR) continue;
    const open = openShare(named) < 1 ? ` on the open days of ${quoteName(calendar ?? '')}` : '';
    yield {
      code: 'WH577',
      path: ['phases', index, 'waves', 'cap'],
      message: `At ${waves.cap} a day${open} ${all} people take ${Math.ceil(days)} days, with both stacks running until then. Write a larger cap.`,
    };
  }
};

/** The share of days on which a calendar is open, single closed days left out: all where that cannot be said. */
function openShare(calendar: Draft<PlanCalendar> | undefined): number {
  const hours = hoursOf(calendar?.open);
  if (hours === undefined) return 1;
  const week = new Set(hours.flatMap(daysOf)).size / WEEKDAYS.length;
  const closed = [...readable(calendar?.closed)].map(([, days]) =>
    'lastDaysOfMonth' in days ? (days.lastDaysOfMonth ?? 0) : 0,
  );
  return week * (1 - Math.max(0, ...closed) / MONTH);
}

/** The days on which hours are open at some time: those over midnight, on the day after as well. */
function daysOf({ days, from, to }: OpenHours): Weekday[] {
  const overMidnight = to <= from && to !== '00:00';
  return days.flatMap((day) => [
    day,
    ...(overMidnight ? WEEKDAYS.filter((_, index) => index === (WEEKDAYS.indexOf(day) + 1) % WEEKDAYS.length) : []),
  ]);
}

/** R43: a safe window keeps away what is about to happen to somebody. */
export const windowIsSafe: Rule = function* (plan) {
  for (const [index, phase] of readable(plan.phases)) {
    const window = phase.waves?.safeWindow;
    if (window === undefined) continue;
    const path = ['phases', index, 'waves', 'safeWindow'];
    const { nextCharge, supply } = window;
    const conditions = Object.values(window).filter((value) => value !== false);
    if (conditions.every((value) => Array.isArray(value) && value.length === 0)) {
      yield {
        code: 'WH580',
        path,
        message:
          'This window is always open: people would move with a charge due, an empty supply or an open order. Say what is to be far enough away, and what must not be open.',
      };
    }
    if (nextCharge !== undefined && nextCharge < DAY) {
      yield {
        code: 'WH578',
        path: [...path, 'nextCharge'],
        message: `A charge that is due in ${formatDuration(nextCharge)} may be under way before it is disarmed. Write a day or more.`,
      };
    }
    const wait = longestWait(plan, phase);
    if (supply === undefined || wait === undefined || supply >= wait.within) continue;
    yield {
      code: 'WH579',
      path: [...path, 'supply'],
      message: `${quoteName(wait.id)} may take ${formatDuration(wait.within)}, so whoever moves with ${formatDuration(supply)} of medicine in hand runs out on the way. Write that or more.`,
    };
  }
};

/** The longest that somebody may wait for a medicine, or for what it takes to get one. */
function longestWait(
  { phases, handoffs }: Draft<Plan>,
  { id }: Draft<PlanPhase>,
): { id: string; within: number } | undefined {
  const caring = new Set([
    id,
    ...[...readable(phases)].flatMap(([, { id: other, kind }]) => (kind === 'providerRouting' ? [other] : [])),
  ]);
  const waits = [...readable(handoffs)].flatMap(([, { id: name = '', phase, severity, within }]) =>
    phase !== undefined && caring.has(phase) && (severity === 'safety' || severity === 'access') && within !== undefined
      ? [{ id: name, within }]
      : [],
  );
  return waits.sort((one, other) => other.within - one.within)[0];
}
