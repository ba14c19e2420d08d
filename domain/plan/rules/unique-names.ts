import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import { rampsOf } from './ramps-of';
import { readable, type Rule } from './rule';

/** Every name names one thing. */
export const uniqueNames: Rule = function* (plan) {
  yield* unique('owner', ['owners'], 'id', plan.owners);
  yield* unique('system', ['systems'], 'id', plan.systems);
  yield* unique('layer', ['stackMap'], 'layer', plan.stackMap);
  yield* unique('event', ['events'], 'type', plan.events);
  yield* unique('handoff', ['handoffs'], 'id', plan.handoffs);
  yield* unique('hook', ['hooks'], 'id', plan.hooks);
  yield* unique('queue', ['queues'], 'id', plan.queues);
  yield* unique('rollback rule', ['rollbackRules'], 'id', plan.rollbackRules);
  yield* unique('queue rule', ['queueRules'], 'id', plan.queueRules);
  yield* unique('declared gate', ['declaredGates'], 'id', plan.declaredGates);
  yield* unique('group of people', ['existing'], 'id', plan.existing);
  yield* unique('requirement', ['coverage'], 'id', plan.coverage);
  yield* unique('task', ['runbook'], 'id', plan.runbook);
  yield* unique('calendar', ['calendars'], 'id', plan.calendars);
  yield* unique('stage', ['journey'], 'stage', plan.journey);
  yield* unique('datum', ['data'], 'id', plan.data);
  for (const [index, { must, pausedWhile }] of readable(plan.handoffs)) {
    yield* unique('condition', ['handoffs', index, 'must'], 'id', must);
    yield* unique('pause', ['handoffs', index, 'pausedWhile'], 'id', pausedWhile);
  }
  for (const [index, { reach }] of readable(plan.owners)) {
    yield* unique('shift', ['owners', index, 'reach', 'shifts'], 'id', reach?.shifts);
  }
  for (const [index, { open, closed }] of readable(plan.calendars)) {
    yield* unique('name of hours', ['calendars', index, 'open'], 'id', open);
    yield* unique('name of closed days', ['calendars', index, 'closed'], 'id', closed);
  }
  for (const [index, { tails }] of readable(plan.ownership)) {
    yield* unique('tail', ['ownership', index, 'tails'], 'id', tails);
  }
  yield* unique('phase', ['phases'], 'id', plan.phases);
  for (const [index, phase] of readable(plan.phases)) {
    const path = ['phases', index];
    yield* unique('cohort', [...path, 'cohorts'], 'id', phase.cohorts);
    yield* unique('gate', [...path, 'gates'], 'id', phase.gates);
    yield* unique('probe', [...path, 'probes'], 'id', phase.probes);
    yield* unique('milestone', [...path, 'inFlight', 'milestones'], 'id', phase.inFlight?.milestones);
    yield* unique('effect', [...path, 'irreversible'], 'effect', phase.irreversible);
    yield* unique('armed effect', [...path, 'armedEffects'], 'effect', phase.armedEffects);
    yield* unique('cycle', [...path, 'soakCycles'], 'id', phase.soakCycles);
    yield* unique('list', [...path, 'waves', 'lists'], 'id', phase.waves?.lists);
    yield* unique('exclusion', [...path, 'waves', 'exclusions'], 'id', phase.waves?.exclusions);
    for (const { ramp, path: rampPath } of rampsOf(phase, path)) {
      for (const [step, { checks }] of readable(ramp))
        yield* unique('check', [...rampPath, step, 'checks'], 'id', checks);
    }
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
