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
