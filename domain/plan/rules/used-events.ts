import { KIND_DECLARATIONS } from '../../journey-kinds/kind-declarations';
import { JOURNEY_KINDS } from '../journey';
import { quoteName } from '../plan-problem';
import { readable, type Rule } from './rule';

/** An event that nothing waits for is kept for nothing, or its name is not the one that a handoff waits for. */
export const eventsUsed: Rule = function* (plan) {
  // That a vendor reports something is no use of it.
  const { events, hooks: _, ...rest } = plan;
  // What could not be read may be where it is used.
  if (events === undefined || hasUnreadable(rest)) return;
  const used = new Set(textsOf(rest));
  // The stages of a part of the journey are shown whether or not a handoff waits for them.
  for (const kind of JOURNEY_KINDS) for (const { type } of KIND_DECLARATIONS[kind].events) used.add(type);
  for (const [index, { type }] of readable(events)) {
    if (type === undefined || used.has(type)) continue;
    yield {
      code: 'WH404',
      path: ['events', index, 'type'],
      message: `Nothing in the plan uses ${quoteName(type)}: no handoff, queue, phase, milestone or layer. Name it where it counts, or remove it.`,
    };
  }
};

function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) yield* textsOf(inner);
  }
}

/** A property that is undefined is one that was written and could not be understood. */
function hasUnreadable(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasUnreadable);
}
