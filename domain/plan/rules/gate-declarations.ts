import type { Draft } from '../draft';
import type { Plan } from '../plan-schema';
import { readable, type Rule } from './rule';

/** R36: a limit that people watch speaks of phases and teams that there are. */
export const gateDeclarations: Rule = function* ({ declaredGates }, names) {
  for (const [index, gate] of readable(declaredGates)) {
    const path = ['declaredGates', index];
    for (const [at, phase] of readable(gate.phases)) yield* names.phases.check(phase, [...path, 'phases', at]);
    for (const [at, team] of readable(gate.agreedBy)) yield* names.owners.check(team, [...path, 'agreedBy', at]);
    yield* names.owners.check(gate.page, [...path, 'page']);
    if (gate.limit?.kind === 'capacity') yield* names.owners.check(gate.limit.team, [...path, 'limit', 'team']);
    const never = gate.limit === undefined ? undefined : whatNeverCrosses(gate.limit);
    if (never !== undefined) yield { code: 'WH621', path: [...path, 'limit', never.field], message: never.message };
  }
};

type Limit = NonNullable<Draft<NonNullable<Plan['declaredGates']>[number]>['limit']>;

/** The field of a limit by which nothing can cross it. */
function whatNeverCrosses(limit: Limit): { field: string; message: string } | undefined {
  switch (limit.kind) {
    case 'floor':
      return limit.atLeast === 0
        ? { field: 'atLeast', message: 'No rate is below 0%. Write the lowest one that is acceptable.' }
        : undefined;
    case 'ceiling':
      return limit.atMost === 1
        ? { field: 'atMost', message: 'No rate is above 100%. Write the highest one that is acceptable.' }
        : undefined;
    case 'comparison':
      return limit.margin === 1
        ? {
            field: 'margin',
            message: 'Nothing is more than 100% under legacy. Write the widest margin that is acceptable.',
          }
        : undefined;
    case 'count':
      return limit.ofFirst !== undefined && limit.atMost !== undefined && limit.atMost >= limit.ofFirst
        ? { field: 'atMost', message: `Of ${limit.ofFirst} there never are more. Write fewer.` }
        : undefined;
    case 'ratio':
    case 'latency':
    case 'capacity':
    case 'probes':
    case undefined:
      return undefined;
  }
}
