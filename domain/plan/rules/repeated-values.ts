import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { Rule } from './rule';

/** Lists of which another rule says what a second one comes to: by section and name. */
const SPOKEN_FOR: readonly string[] = [
  ...['rollbackRules agreedBy', 'queues opensOn', 'testUnits testUnits', 'journey systems', 'queueRules queues'],
];

/** A value that stands in a list twice was meant to be another, or says nothing. */
export const valuesDiffer: Rule = function* (plan) {
  yield* repeatedIn(plan, []);
};

function* repeatedIn(value: unknown, path: PlanPath): Generator<Finding> {
  if (typeof value !== 'object' || value === null) return;
  const seen = new Set<string>();
  const list = Array.isArray(value) && !SPOKEN_FOR.includes(`${path[0] ?? ''} ${path.at(-1) ?? ''}`);
  for (const [name, inner] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(name) : name];
    if (list && typeof inner === 'string' && seen.size === seen.add(inner).size) {
      yield {
        code: 'WH218',
        path: at,
        message: `${quoteName(inner)} is in this list already. Keep one, or write the one that was meant.`,
      };
    }
    yield* repeatedIn(inner, at);
  }
}
