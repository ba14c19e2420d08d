import type { Draft } from '../draft';
import type { Plan } from '../plan-schema';
import { DeclaredNames } from './declared-names';

/** What a plan declares, by name. */
export interface PlanNames {
  owners: DeclaredNames;
  systems: DeclaredNames;
  events: DeclaredNames;
  handoffs: DeclaredNames;
  phases: DeclaredNames;
  queues: DeclaredNames;
}

export function planNames(plan: Draft<Plan>): PlanNames {
  return {
    owners: new DeclaredNames('owner', 'owners', ids(plan.owners)),
    systems: new DeclaredNames('system', 'systems', ids(plan.systems)),
    events: new DeclaredNames(
      'event',
      'events',
      plan.events?.map((event) => event?.type),
    ),
    handoffs: new DeclaredNames('handoff', 'handoffs', ids(plan.handoffs)),
    phases: new DeclaredNames('phase', 'phases', ids(plan.phases)),
    queues: new DeclaredNames('queue', 'queues', ids(plan.queues)),
  };
}

function ids(list: readonly ({ id?: string } | undefined)[] | undefined): (string | undefined)[] | undefined {
  return list?.map((item) => item?.id);
}
