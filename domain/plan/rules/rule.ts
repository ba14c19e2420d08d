import type { Draft } from '../draft';
import type { OpenHours } from '../open-hours';
import type { Finding } from '../plan-problem';
import type { Plan } from '../plan-schema';
import type { PlanNames } from './plan-names';

/**
 * One thing that a plan's fields must say of each other. Sees the plan as far as it could be read: what is undefined was found wrong
 * already, and no rule speaks of it again.
 */
export type Rule = (plan: Draft<Plan>, names: PlanNames) => Iterable<Finding>;

/** The items of a list that could be read, each with its index. */
export function* readable<Item>(list: readonly (Item | undefined)[] | undefined): Generator<[number, Item]> {
  for (const [index, item] of (list ?? []).entries()) if (item !== undefined) yield [index, item];
}

/** Hours of a week, where all of them could be read. */
export function hoursOf(hours: readonly (Draft<OpenHours> | undefined)[] | undefined): OpenHours[] | undefined {
  const whole = (hours ?? []).flatMap((open) => {
    const { days, from, to } = open ?? {};
    if (days === undefined || from === undefined || to === undefined || days.includes(undefined)) return [];
    return [{ days: days.filter((day) => day !== undefined), from, to }];
  });
  return whole.length > 0 && whole.length === hours?.length ? whole : undefined;
}
