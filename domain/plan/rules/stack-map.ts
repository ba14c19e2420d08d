import { LAYERS } from '../journey';
import { quoteName, type Finding } from '../plan-problem';
import { UNDECIDED } from '../schema/values';
import { readable, type Rule } from './rule';

/** R1: each of the eight layers is there, or has no part in the migration for a reason. */
export const everyLayer: Rule = function* ({ stackMap }) {
  if (stackMap === undefined || stackMap.some((row) => row?.layer === undefined)) return;
  const present = new Set(stackMap.map((row) => row?.layer));
  for (const layer of LAYERS) {
    if (present.has(layer)) continue;
    yield {
      code: 'WH301',
      path: ['stackMap'],
      message: `Add the layer '${layer}', or list it with 'notApplicable' and the reason.`,
    };
  }
};

const TO_COME =
  'Name exactly one; a plan cannot start while this is undecided. Until a day that a team answers for, it may be waived.';

/** R2: the three answers of a layer name what the plan declares. */
export const layerAnswers: Rule = function* ({ stackMap, systems }, names) {
  const sides = new Map([...readable(systems)].map(([, system]) => [system.id, system.side]));
  for (const [index, row] of readable(stackMap)) {
    if (!('actionOwner' in row)) continue;
    const path = ['stackMap', index];
    for (const side of ['legacy', 'target'] as const) {
      const system = row.dataOwner?.[side];
      if (system === UNDECIDED) {
        yield { code: 'WH305', path: [...path, 'dataOwner', side], message: TO_COME };
        continue;
      }
      const at = [...path, 'dataOwner', side];
      yield* names.systems.check(system, at);
      const other = side === 'legacy' ? 'target' : 'legacy';
      if (system !== undefined && sides.get(system) === other) {
        yield {
          code: 'WH302',
          path: at,
          message: `${quoteName(system)} is a ${other} system. Name a ${side} or shared one.`,
        };
      }
    }
    if (row.actionOwner === UNDECIDED) yield { code: 'WH305', path: [...path, 'actionOwner'], message: TO_COME };
    else yield* names.owners.check(row.actionOwner, [...path, 'actionOwner']);
    for (const [at, type] of readable(row.patientEvents)) {
      if (type.toLowerCase() === UNDECIDED) {
        yield { code: 'WH305', path: [...path, 'patientEvents', at], message: TO_COME };
        continue;
      }
      yield* names.events.check(type, [...path, 'patientEvents', at], 'WH303');
    }
  }
};

/** Queues and agreements belong to teams that the plan declares. */
export const ownersDeclared: Rule = function* (plan, names): Generator<Finding> {
  for (const [index, queue] of readable(plan.queues))
    yield* names.owners.check(queue.owner, ['queues', index, 'owner']);
  for (const [index, rule] of readable(plan.rollbackRules)) {
    const seen = new Set<string>();
    for (const [at, owner] of readable(rule.agreedBy)) {
      const path = ['rollbackRules', index, 'agreedBy', at];
      yield* names.owners.check(owner, path);
      if (seen.has(owner))
        yield { code: 'WH304', path, message: `${quoteName(owner)} is named twice. Name each team once.` };
      seen.add(owner);
    }
  }
};
