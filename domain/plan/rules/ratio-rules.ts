import type { Draft } from '../draft';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { GateRule, PlanHandoff } from '../plan-schema';
import type { EventOrder } from './event-order';
import { readable, type Rule } from './rule';

type Ratio = Extract<Draft<GateRule>, { kind?: 'ratio' }>;

/** What a ratio counts can come while a handoff is under way, and is more than the handoff itself. */
export const ratiosCount: Rule = function* ({ phases, handoffs }, names) {
  const declared = new Map([...readable(handoffs)].map(([, one]) => [one.id, one]));
  for (const [phaseIndex, { gates }] of readable(phases)) {
    for (const [index, { rule, handoff: on }] of readable(gates)) {
      if (rule?.kind !== 'ratio') continue;
      const path = ['phases', phaseIndex, 'gates', index, 'rule', 'event'];
      yield* names.events.check(rule.event, path);
      const handoff = on === undefined ? undefined : declared.get(on);
      if (handoff !== undefined) yield* comesMeanwhile(rule, handoff, names.order, path);
    }
  }
};

function* comesMeanwhile(
  { event }: Ratio,
  { id = '', start, end, unless }: Draft<PlanHandoff>,
  order: EventOrder,
  path: PlanPath,
): Generator<Finding> {
  if (event === undefined) return;
  const why =
    event === start
      ? 'starts each of them, so all of them have it on either side'
      : end?.includes(event) === true
        ? 'is what keeps it: target would be rolled back for keeping more'
        : unless?.includes(event) === true
          ? 'releases it, and released ones count for neither side'
          : start !== undefined && order.isBefore(event, start)
            ? 'comes before its start, and what came before does not count'
            : undefined;
  if (why === undefined) return;
  yield {
    code: 'WH665',
    path,
    message: `${quoteName(event)} says nothing of ${quoteName(id)}: it ${why}. Name an event that should be rare while it is under way, such as a support ticket.`,
  };
}
