import { formatDuration } from '../../time/duration';
import { quoteName } from '../plan-problem';
import { readable, type Rule } from './rule';

/** What opens a case by itself is an event of the plan. */
export const queueEvents: Rule = function* ({ queues }, names) {
  for (const [index, { opensOn }] of readable(queues)) {
    for (const [at, type] of readable(opensOn)) yield* names.events.check(type, ['queues', index, 'opensOn', at]);
  }
};

/** An event opens one case: in two queues one of them would stay empty, or two teams would do the same work. */
export const oneQueueAnEvent: Rule = function* ({ queues }) {
  const first = new Map<string, { id: string | undefined; index: number }>();
  for (const [index, { id, opensOn }] of readable(queues)) {
    for (const [at, type] of readable(opensOn)) {
      const other = first.get(type);
      if (other === undefined) {
        first.set(type, { id, index });
        continue;
      }
      const where =
        other.index === index
          ? 'here'
          : other.id === undefined
            ? `in queue ${other.index + 1} of the list`
            : `in ${quoteName(other.id)}`;
      yield {
        code: 'WH701',
        path: ['queues', index, 'opensOn', at],
        message: `${quoteName(type)} already opens a case ${where}. Leave it to one queue; 'opensOn: []' is none.`,
      };
    }
  }
};

/** R30: whom a case goes to while it stays overdue is declared, and one after the other: each is told later than the one before. */
export const escalationsInOrder: Rule = function* ({ queues }, names) {
  for (const [index, { escalation }] of readable(queues)) {
    let before: number | undefined;
    for (const [at, { team, after }] of readable(escalation)) {
      const path = ['queues', index, 'escalation', at];
      yield* names.owners.check(team, [...path, 'team']);
      if (before !== undefined && after !== undefined && after <= before) {
        yield {
          code: 'WH704',
          path: [...path, 'after'],
          message: `It is told no later than the one before it, ${formatDuration(before)} after a case is overdue. Write a longer time, or put it first.`,
        };
      }
      before = after ?? before;
    }
  }
};

/** A queue that nothing feeds is a mistake, or work that nobody will see. */
export const queuesFed: Rule = function* ({ queues, handoffs, phases, hooks }) {
  const ids = new Set([...readable(queues)].map(([, { id }]) => id));
  // What vendors report opens cases by itself: nobody knows whose it is, or it names two as one.
  const ofVendors =
    [...readable(hooks)].length === 0
      ? []
      : ['unlinked-event', ids.has('duplicate-record') ? 'duplicate-record' : 'record-mismatch'];
  const fed = new Set([
    ...ofVendors,
    ...[...readable(handoffs)].map(([, handoff]) => handoff.queue),
    ...[...readable(phases)].map(([, phase]) => phase.inFlight?.queue),
  ]);
  const unsure = [...readable(handoffs)].some(([, handoff]) => handoff.queue === undefined && handoff.cases !== 'none');
  for (const [index, { id, opensOn }] of readable(queues)) {
    if (id === undefined || unsure || fed.has(id) || opensOn === undefined || opensOn.length > 0) continue;
    yield {
      code: 'WH702',
      path: ['queues', index, 'id'],
      message:
        "Nothing feeds this queue. Name it in a handoff or in a phase's 'inFlight', say which events open a case as 'opensOn', or remove it.",
    };
  }
};
