import { quoteName } from '../plan-problem';
import { knownAttribute } from './cohorts';
import { readable, type Rule } from './rule';

/** R47: people are asked for by coded attributes of the plan, for a phase of it, from a team of it. */
export const coverageReferences: Rule = function* ({ coverage, attributes }, names) {
  for (const [index, row] of readable(coverage)) {
    const path = ['coverage', index];
    yield* names.phases.check(row.phase, [...path, 'phase']);
    yield* names.owners.check(row.owner, [...path, 'owner']);
    if (attributes === undefined) continue;
    for (const [at, name] of readable(row.each)) yield* knownAttribute(name, [], attributes, [...path, 'each', at]);
    for (const [name, values] of Object.entries(row.when ?? {})) {
      yield* knownAttribute(name, values, attributes, [...path, 'when', name]);
    }
  }
};

/** R47: a plan that asks for people says so of each phase in which patients are assigned to them. */
export const reviewCovered: Rule = function* ({ coverage, phases }) {
  if (coverage === undefined || coverage.some((row) => row?.phase === undefined)) return;
  for (const [, { id, kind }] of readable(phases)) {
    if (kind !== 'providerRouting' || id === undefined || coverage.some((row) => row?.phase === id)) continue;
    yield {
      code: 'WH741',
      path: ['coverage'],
      atName: true,
      message: `Patients of ${quoteName(id)} are assigned to providers, and nothing says how many must be ready. Add a row for it (R47).`,
    };
  }
};
