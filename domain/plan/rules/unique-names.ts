import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import { readable, type Rule } from './rule';

/** Every name names one thing. */
export const uniqueNames: Rule = function* (plan) {
  yield* unique('owner', ['owners'], 'id', plan.owners);
  yield* unique('system', ['systems'], 'id', plan.systems);
  yield* unique('layer', ['stackMap'], 'layer', plan.stackMap);
  yield* unique('event', ['events'], 'type', plan.events);
  yield* unique('handoff', ['handoffs'], 'id', plan.handoffs);
  yield* unique('queue', ['queues'], 'id', plan.queues);
  yield* unique('rollback rule', ['rollbackRules'], 'id', plan.rollbackRules);
  yield* unique('phase', ['phases'], 'id', plan.phases);
  for (const [index, phase] of readable(plan.phases)) {
    const path = ['phases', index];
    yield* unique('cohort', [...path, 'cohorts'], 'id', phase.cohorts);
    yield* unique('gate', [...path, 'gates'], 'id', phase.gates);
    yield* unique('probe', [...path, 'probes'], 'id', phase.probes);
    yield* unique('milestone', [...path, 'inFlight', 'milestones'], 'id', phase.inFlight?.milestones);
    yield* unique('effect', [...path, 'irreversible'], 'effect', phase.irreversible);
  }
};

function* unique<Name extends string>(
  noun: string,
  path: PlanPath,
  property: Name,
  list: readonly (Partial<Record<Name, string>> | undefined)[] | undefined,
): Generator<Finding> {
  const seen = new Set<string>();
  for (const [index, item] of readable(list)) {
    const name = item[property];
    if (name === undefined) continue;
    if (seen.has(name)) {
      const message = `The ${noun} ${quoteName(name)} is declared above already. Keep one, or give this one a name of its own.`;
      yield { code: 'WH201', path: [...path, index, property], message };
    }
    seen.add(name);
  }
}
