import { formatDuration } from '../../time/duration';
import { quoteName } from '../plan-problem';
import { readable, type Rule } from './rule';

/** A handoff names events, a phase and a queue that the plan declares. */
export const handoffReferences: Rule = function* ({ handoffs }, names) {
  for (const [index, handoff] of readable(handoffs)) {
    const path = ['handoffs', index];
    yield* names.phases.check(handoff.phase, [...path, 'phase']);
    yield* names.phases.check(handoff.endPhase, [...path, 'endPhase']);
    yield* names.events.check(handoff.start, [...path, 'start']);
    for (const [at, type] of readable(handoff.end)) yield* names.events.check(type, [...path, 'end', at]);
    for (const [at, type] of readable(handoff.unless)) yield* names.events.check(type, [...path, 'unless', at]);
    yield* names.queues.check(handoff.queue, [...path, 'queue']);
  }
};

/** I6: a missed one is a case in one queue, or is said to be none. */
export const casesDecided: Rule = function* ({ handoffs }) {
  for (const [index, handoff] of readable(handoffs)) {
    const hasQueue = Object.hasOwn(handoff, 'queue');
    if (hasQueue !== Object.hasOwn(handoff, 'cases')) continue;
    const path = ['handoffs', index];
    if (!hasQueue) {
      yield {
        code: 'WH102',
        path: [...path, 'queue'],
        message: "Add 'queue', where a missed one is worked on; or 'cases: none', where nobody has to.",
      };
    } else {
      yield {
        code: 'WH407',
        path: [...path, 'cases'],
        message: "A missed one opens no case, so nothing comes to its 'queue'. Leave one of the two out.",
      };
    }
  }
};

/** What is done about a case, where there is none. */
export const casesWorkedOn: Rule = function* ({ handoffs }) {
  for (const [index, handoff] of readable(handoffs)) {
    if (handoff.cases !== 'none') continue;
    for (const name of ['recipients', 'redrive'] as const) {
      if (!Object.hasOwn(handoff, name)) continue;
      yield {
        code: 'WH407',
        path: ['handoffs', index, name],
        message: `A missed one opens no case, so nobody is told of it and nothing is sent again. Leave '${name}' out, or 'cases'.`,
      };
    }
  }
};

/** I6: one event says one thing of a handoff: it starts, or is kept, or is released. */
export const handoffEventsDiffer: Rule = function* ({ handoffs }) {
  for (const [index, { start, end, unless }] of readable(handoffs)) {
    const path = ['handoffs', index];
    for (const [at, type] of readable(end)) {
      if (type === start) {
        yield {
          code: 'WH401',
          path: [...path, 'end', at],
          message: `${quoteName(type)} starts this handoff; it cannot end it too.`,
        };
      }
    }
    for (const [at, type] of readable(unless)) {
      if (type !== start && end?.includes(type) !== true) continue;
      const role = type === start ? 'starts this handoff' : 'ends this handoff as kept';
      yield {
        code: 'WH402',
        path: [...path, 'unless', at],
        message: `${quoteName(type)} ${role}; it cannot release it too.`,
      };
    }
  }
};

/** A handoff is final at its deadline and the lateness: with a lateness as long as the deadline, a failure shows late. */
export const latenessBelowDeadline: Rule = function* (plan) {
  for (const [index, handoff] of readable(plan.handoffs)) {
    const { within } = handoff;
    const declared = Object.hasOwn(handoff, 'lateness');
    const lateness = declared ? handoff.lateness : plan.lateness;
    if (within === undefined || lateness === undefined || lateness < within) continue;
    yield {
      code: 'WH403',
      path: ['handoffs', index, declared ? 'lateness' : 'within'],
      message:
        `A missed one is known only ${formatDuration(within + lateness)} after its start, since lateness (${formatDuration(lateness)}) ` +
        `is not below 'within' (${formatDuration(within)}). Declare a shorter 'lateness' if events arrive sooner.`,
    };
  }
};
