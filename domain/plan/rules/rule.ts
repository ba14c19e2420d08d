import type { Draft } from '../draft';
import type { OpenHours } from '../open-hours';
import type { Finding } from '../plan-problem';
import type { Plan } from '../plan-schema';
import type { PlanNames } from './plan-names';

export { readable } from '../readable';

/**
 * One thing that a plan's fields must say of each other. Sees the plan as far as it could be read: what is undefined was found wrong
 * already, and no rule speaks of it again.
 */
export type Rule = (plan: Draft<Plan>, names: PlanNames) => Iterable<Finding>;

/** Hours of a week, where all of them could be read. */
export function hoursOf(hours: readonly (Draft<OpenHours> | undefined)[] | undefined): OpenHours[] | undefined {
  const whole = (hours ?? []).flatMap((open) => {
    const { days, from, to } = open ?? {};
    if (days === undefined || from === undefined || to === undefined || days.includes(undefined)) return [];
    return [{ days: days.filter((day) => day !== undefined), from, to }];
  });
  return whole.length > 0 && whole.length === hours?.length ? whole : undefined;
}
