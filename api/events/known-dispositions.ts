import { listensTo } from '../../domain/handoffs/handoff-rule';
import type { Disposition } from '../../store/events';
import type { MigrationPlan } from '../../store/migration-plans';
import { isTicket } from '../../store/tickets';

const known = new WeakMap<MigrationPlan, Map<string, Disposition | null>>();

/** What an event of that type does by this version of the plan; null where a queue opens a case on it or it is a ticket, which a matcher has to see first. */
export function dispositionOf(of: MigrationPlan, type: string): Disposition | null {
  let types = known.get(of);
  if (types === undefined) known.set(of, (types = new Map<string, Disposition | null>()));
  let disposition = types.get(type);
  if (disposition === undefined) types.set(type, (disposition = judge(of, type)));
  return disposition;
}

function judge({ plan, rules }: MigrationPlan, type: string): Disposition | null {
  if (plan.queues.some(({ opensOn }) => opensOn.includes(type)) || isTicket(plan.queues, type)) return null;
  return listensTo(rules, type) ? 'matched' : 'unlistened';
}
