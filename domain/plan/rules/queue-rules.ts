import { quoteName } from '../plan-problem';
import { readable, type Rule } from './rule';

/** R36: a rule on queues speaks of queues and teams that there are, and of as many as there are. */
export const queueRules: Rule = function* ({ queueRules: rules, queues }, names) {
  for (const [index, rule] of readable(rules)) {
    const path = ['queueRules', index];
    const seen = new Set<string>();
    for (const [at, queue] of readable(rule.queues)) {
      yield* names.queues.check(queue, [...path, 'queues', at]);
      if (seen.has(queue)) {
        yield {
          code: 'WH761',
          path: [...path, 'queues', at],
          message: `${quoteName(queue)} is named twice. Name each queue once.`,
        };
      }
      seen.add(queue);
    }
    for (const [at, owner] of readable(rule.agreedBy)) yield* names.owners.check(owner, [...path, 'agreedBy', at]);
    const written = Object.hasOwn(rule, 'queues');
    const counted = written ? rule.queues?.length : queues?.length;
    if (rule.count !== undefined && counted !== undefined && rule.count > counted) {
      yield {
        code: 'WH762',
        path: [...path, 'count'],
        message: `It counts ${counted} ${counted === 1 ? 'queue' : 'queues'}, so ${rule.count} never are overdue. Write that or less.`,
      };
    }
    if (rule.overdue === 1) {
      yield {
        code: 'WH763',
        path: [...path, 'overdue'],
        message: 'Nothing is above 100%. Write the largest share that is acceptable.',
      };
    }
  }
};
