import type { Draft } from '../draft';
import type { LintCode } from '../lint/lint-catalogue';
import type { Plan } from '../plan-schema';
import { DeclaredNames } from './declared-names';
import { EventOrder } from './event-order';

/** What a plan declares, by name, and the order that it says its events come in. */
export interface PlanNames {
  owners: DeclaredNames;
  systems: DeclaredNames;
  events: DeclaredNames;
  handoffs: DeclaredNames;
  phases: DeclaredNames;
  queues: DeclaredNames;
  calendars: DeclaredNames;
  order: EventOrder;
}

export function planNames(plan: Draft<Plan>): PlanNames {
  return {
    owners: new DeclaredNames('WH202', 'owner', 'owners', ids(plan.owners)),
    systems: new DeclaredNames('WH203', 'system', 'systems', ids(plan.systems)),
    events: new DeclaredNames(
      'WH204',
      'event',
      'events',
      plan.events?.map((event) => event?.type),
    ),
    handoffs: new DeclaredNames('WH205', 'handoff', 'handoffs', ids(plan.handoffs)),
    phases: new DeclaredNames('WH206', 'phase', 'phases', ids(plan.phases)),
    queues: new DeclaredNames('WH207', 'queue', 'queues', ids(plan.queues)),
    calendars: optional('WH731', 'calendar', 'calendars', plan),
    order: new EventOrder(plan),
  };
}

/** A list that a plan may leave out; one that is written and cannot be read may declare anything. */
function optional(code: LintCode, noun: string, section: 'calendars', plan: Draft<Plan>): DeclaredNames {
  return new DeclaredNames(code, noun, section, Object.hasOwn(plan, section) ? ids(plan[section]) : [], true);
}

function ids(list: readonly ({ id?: string } | undefined)[] | undefined): (string | undefined)[] | undefined {
  return list?.map((item) => item?.id);
}
