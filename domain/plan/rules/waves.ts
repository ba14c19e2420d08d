import type { Draft } from '../draft';
import { quoteName } from '../plan-problem';
import type { Plan } from '../plan-schema';
import { knownAttribute } from './cohorts';
import { DeclaredNames } from './declared-names';
import { readable, type Rule } from './rule';

/** R43: waves move groups that the plan declares, each once in a phase, and as many people as there are. */
export const waveLists: Rule = function* (plan) {
  const { phases, existing } = plan;
  const groups = groupNames(plan);
  const countOf = new Map([...readable(existing)].map(([, { id, count }]) => [id, count]));
  for (const [index, { waves }] of readable(phases)) {
    const moved = new Set<string>();
    for (const [at, list] of readable(waves?.lists)) {
      const path = ['phases', index, 'waves', 'lists', at];
      yield* groups.check(list.existing, [...path, 'existing']);
      if (list.existing === undefined) continue;
      if (moved.has(list.existing)) {
        const message = `A list above moves ${quoteName(list.existing)} already. Put all of its waves into one.`;
        yield { code: 'WH573', path: [...path, 'existing'], message };
      }
      moved.add(list.existing);
      const count = countOf.get(list.existing);
      if (!('sizes' in list) || list.sizes === undefined || list.sizes.includes(undefined) || count === undefined)
        continue;
      const sum = list.sizes.reduce<number>((total, size) => total + (size ?? 0), 0);
      if (sum === count) continue;
      const message =
        sum > count
          ? `These waves move ${sum}, and there are ${count} of ${quoteName(list.existing)}. Write waves for those that there are.`
          : `These waves move ${sum} of ${count}, and nothing is said of the other ${count - sum} of ${quoteName(list.existing)}. Add a wave for them.`;
      yield { code: 'WH571', path: [...path, 'sizes'], message };
    }
  }
};

/** R43: nobody who is a patient already is forgotten where the others move. */
export const everyGroupMoves: Rule = function* ({ phases, existing }) {
  const lists = [...readable(phases)].flatMap(([, { waves }]) => waves?.lists ?? []);
  if (lists.length === 0 || lists.some((list) => list?.existing === undefined)) return;
  for (const [index, { id }] of readable(existing)) {
    if (id === undefined || lists.some((list) => list?.existing === id)) continue;
    yield {
      code: 'WH572',
      path: ['existing', index, 'id'],
      message: `No wave moves ${quoteName(id)}. Add them to the 'waves' of a phase; 'byHand' with the reason where they move one by one.`,
    };
  }
};

/** Who is here already is told apart by attributes of the plan. */
export const existingGroups: Rule = function* ({ existing, attributes }) {
  if (attributes === undefined) return;
  for (const [index, { when }] of readable(existing)) {
    for (const [name, values] of Object.entries(when ?? {})) {
      yield* knownAttribute(name, values, attributes, ['existing', index, 'when', name]);
    }
  }
};

/** A plan may declare none; groups that are written and cannot be read may be any. */
function groupNames(plan: Draft<Plan>): DeclaredNames {
  const names = Object.hasOwn(plan, 'existing') ? plan.existing?.map((group) => group?.id) : [];
  return new DeclaredNames('WH574', 'group of people', 'existing', names, true);
}
