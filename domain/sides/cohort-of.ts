import type { Plan, PlanCohort } from '../plan/plan-schema';
import { InvalidContext } from './invalid-context';

/**
 * The first cohort that takes a unit with these attributes; null where none does. A cohort without conditions takes everyone.
 * An attribute that was not sent, or has a value outside the plan's list, matches no condition on it.
 * @param given what was sent; of it only the attributes that the plan declares are looked at
 * @throws InvalidContext where a declared attribute is not text
 */
export function cohortOf(
  cohorts: readonly PlanCohort[],
  declared: Plan['attributes'],
  given: Readonly<Record<string, unknown>>,
): string | null {
  const attributes = new Map<string, string>();
  for (const [name, values] of Object.entries(declared)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined) continue;
    if (typeof value !== 'string')
      throw new InvalidContext(`Send the attribute '${name}' as a text code, or leave it out.`);
    if (values.includes(value)) attributes.set(name, value);
  }
  const taking = cohorts.find(({ when }) =>
    Object.entries(when).every(([name, values]) => {
      const value = attributes.get(name);
      return value !== undefined && values.includes(value);
    }),
  );
  return taking?.id ?? null;
}
