import { didYouMean } from '../closest-name';
import type { Draft } from '../draft';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { PlanCohort } from '../plan-schema';
import { readable, type Rule } from './rule';

/** Cohorts are declared by coded attributes of the plan, and by values that these have. */
export const cohortAttributes: Rule = function* ({ phases, attributes }) {
  if (attributes === undefined) return;
  for (const [phaseIndex, phase] of readable(phases)) {
    for (const [index, cohort] of readable(phase.cohorts)) {
      for (const [name, values] of Object.entries(cohort.when ?? {})) {
        yield* knownAttribute(name, values, attributes, ['phases', phaseIndex, 'cohorts', index, 'when', name]);
      }
    }
  }
};

/** Finds fault with an attribute that the plan does not declare, and with values that it does not have. */
export function* knownAttribute(
  name: string,
  values: Values | undefined,
  attributes: Record<string, Values | undefined>,
  path: PlanPath,
): Generator<Finding> {
  if (!Object.hasOwn(attributes, name)) {
    yield { code: 'WH209', path, atName: true, message: () => noSuchAttribute(name, Object.keys(attributes)) };
    return;
  }
  const known = new Set(attributes[name]);
  if (known.size === 0 || known.has(undefined)) return;
  for (const [index, value] of readable(values)) {
    if (!known.has(value))
      yield { code: 'WH210', path: [...path, index], message: () => noSuchValue(name, value, known as Set<string>) };
  }
}

type Values = readonly (string | undefined)[];

function noSuchAttribute(name: string, known: Iterable<string>): string {
  return `There is no attribute ${quoteName(name)}.${didYouMean(name, known) || " Declare it under 'attributes'."}`;
}

function noSuchValue(name: string, value: string, known: Iterable<string>): string {
  const advice = didYouMean(value, known) || " Add it under 'attributes', or choose one that is there.";
  return `${quoteName(name)} has no value ${quoteName(value)}.${advice}`;
}

/** The first cohort that matches takes a unit, so one without a condition comes last, and every cohort can be reached. */
export const cohortsReachable: Rule = function* ({ phases }) {
  for (const [phaseIndex, phase] of readable(phases)) {
    const cohorts = phase.cohorts ?? [];
    const catchAll = cohorts.findIndex((cohort) => cohort !== undefined && takesEveryone(cohort));
    const [next, ...others] = catchAll < 0 ? [] : [...readable(cohorts)].filter(([index]) => index > catchAll);
    if (next !== undefined) {
      const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
      yield {
        code: 'WH510',
        path: ['phases', phaseIndex, 'cohorts', catchAll],
        message: `This cohort has no 'when' and takes everyone, so nobody gets to ${quoteName(next[1].id ?? '')}${more} after it. Move it to the end, or give it a 'when'.`,
      };
    }
    for (const [index, cohort] of readable(catchAll < 0 ? cohorts : cohorts.slice(0, catchAll))) {
      const above = [...readable(cohorts.slice(0, index))].find(([, other]) => takesAllOf(other, cohort));
      if (above === undefined) continue;
      yield {
        code: 'WH511',
        path: ['phases', phaseIndex, 'cohorts', index, 'when'],
        message: `Nobody gets here: the cohort ${quoteName(above[1].id ?? '')} above takes all of them. Move this one before it.`,
      };
    }
    if (catchAll < 0 && cohorts.length > 0 && !cohorts.some((cohort) => cohort?.when === undefined)) {
      yield {
        code: 'WH512',
        path: ['phases', phaseIndex, 'cohorts'],
        message:
          "Arrivals that match none of these cohorts stay on legacy. Add a last cohort without 'when' to move them too.",
      };
    }
  }
};

/** Who stays on legacy is on no ramp; a phase in which all of them stay moves nobody. */
export const legacyCohorts: Rule = function* ({ phases }) {
  for (const [phaseIndex, { cohorts = [] }] of readable(phases)) {
    for (const [index, cohort] of readable(cohorts)) {
      if (!Object.hasOwn(cohort, 'staysOnLegacy') || !Object.hasOwn(cohort, 'ramp')) continue;
      yield {
        code: 'WH513',
        path: ['phases', phaseIndex, 'cohorts', index, 'ramp'],
        atName: true,
        message: "This cohort stays on legacy, so no ramp moves it. Remove 'ramp', or 'staysOnLegacy'.",
      };
    }
    if (
      cohorts.length > 0 &&
      cohorts.every((cohort) => cohort !== undefined && Object.hasOwn(cohort, 'staysOnLegacy'))
    ) {
      yield {
        code: 'WH514',
        path: ['phases', phaseIndex, 'cohorts'],
        message:
          "Every cohort of this phase stays on legacy, so it moves nobody. Add one that moves, or leave the phase out and give the reason under 'phasesLeftOut'.",
      };
    }
  }
};

/** I14: who stays on legacy in one phase is taken out of those after it, by the cohort's id. A ramp there would move nobody. */
export const leftBehindEarlier: Rule = function* ({ phases }) {
  const leftIn = new Map<string, string>();
  for (const [phaseIndex, { id: phase, cohorts }] of readable(phases)) {
    const leftHere: string[] = [];
    for (const [index, cohort] of readable(cohorts)) {
      if (cohort.id === undefined) continue;
      const earlier = leftIn.get(cohort.id);
      if (Object.hasOwn(cohort, 'staysOnLegacy')) leftHere.push(cohort.id);
      else if (earlier !== undefined) {
        yield {
          code: 'WH515',
          path: ['phases', phaseIndex, 'cohorts', index],
          message: `No ramp moves this cohort: it stays on legacy in the phase ${quoteName(earlier)}, so it is taken out here too. Say so with 'staysOnLegacy', or give those whom this phase moves a cohort of another id.`,
        };
      }
    }
    for (const cohort of leftHere) if (phase !== undefined && !leftIn.has(cohort)) leftIn.set(cohort, phase);
  }
};

function takesEveryone({ when }: Draft<PlanCohort>): boolean {
  return when !== undefined && Object.keys(when).length === 0;
}

/** Whether every unit that `cohort` matches is matched by `other` too. */
function takesAllOf(other: Draft<PlanCohort>, cohort: Draft<PlanCohort>): boolean {
  if (other.when === undefined || cohort.when === undefined) return false;
  const wanted = cohort.when;
  return Object.entries(other.when).every(([name, values]) => {
    const ours = Object.hasOwn(wanted, name) ? wanted[name] : undefined;
    return (
      values !== undefined && ours !== undefined && ours.every((value) => value !== undefined && values.includes(value))
    );
  });
}
