import { KIND_DECLARATIONS } from '../../journey-kinds/kind-declarations';
import { readable, type Rule } from './rule';

/** What only phases of one kind must have, whatever else the plan says of them (R12 to R16). Run again before the phase starts. */
export const ownChecksPass: Rule = function* (plan) {
  for (const [index, phase] of readable(plan.phases)) {
    if (phase.kind === undefined) continue;
    for (const { check } of KIND_DECLARATIONS[phase.kind].ownChecks) {
      for (const message of check(plan, phase)) yield { code: 'WH505', path: ['phases', index], message };
    }
  }
};

/** R24 to R29: what usually gets stuck in a part of the journey has a queue. */
export const kindQueues: Rule = function* ({ phases, queues }, names) {
  if (queues === undefined) return;
  for (const [index, { kind }] of readable(phases)) {
    if (kind === undefined) continue;
    for (const queue of KIND_DECLARATIONS[kind].queues) {
      if (names.queues.has(queue) || queues.some((declared) => declared?.id === undefined)) continue;
      yield {
        code: 'WH703',
        path: ['phases', index, 'kind'],
        message: `Cases of ${kind} usually get stuck as '${queue}', and no queue of that name has an owner here. Add it under 'queues'.`,
      };
    }
  }
};
