import { formatDuration } from '../../time/duration';
import { longestGap } from '../open-hours';
import { quoteName } from '../plan-problem';
import { hoursOf, readable, type Rule } from './rule';

/** R30: a queue is due sooner than anybody of its team may be back: whoever gets stuck then waits, and the case is overdue by plan. */
export const teamsReachable: Rule = function* ({ queues, owners }) {
  const gapOf = new Map<string, number>();
  for (const [, { id, reach }] of readable(owners)) {
    const hours = hoursOf(reach?.shifts);
    if (id !== undefined && hours !== undefined) gapOf.set(id, longestGap(hours));
  }
  for (const [index, { owner, sla }] of readable(queues)) {
    const gap = owner === undefined ? undefined : gapOf.get(owner);
    if (gap === undefined || sla === undefined || gap <= sla) continue;
    yield {
      code: 'WH711',
      path: ['queues', index, 'sla'],
      message:
        `Nobody of ${quoteName(owner ?? '')} is there for up to ${formatDuration(gap)}, and a case is due in ${formatDuration(sla)}. ` +
        'Give the team a shift in between, give the queue to a team that has one, or write a longer SLA.',
    };
  }
};

/** R35: a team's shifts and its queues do not promise more open cases than one another. */
export const capacityHeld: Rule = function* ({ queues, owners }) {
  for (const [index, { id, reach }] of readable(owners)) {
    const capacities = reach?.shifts?.map((shift) => shift?.capacity);
    if (id === undefined || capacities === undefined || capacities.length === 0 || capacities.includes(undefined))
      continue;
    const most = Math.max(...capacities.map((capacity) => capacity ?? 0));
    const over = [...readable(queues)].filter(
      ([, { owner, capacity }]) => owner === id && capacity !== undefined && capacity > most,
    );
    for (const [at, { capacity }] of over) {
      yield {
        code: 'WH712',
        path: ['queues', at, 'capacity'],
        message: `No shift of ${quoteName(id)} can work on more than ${most} cases at once (owners[${index}]), and this says ${capacity ?? 0}. Write that or less, or staff a shift.`,
      };
    }
  }
};
