import type { Plan } from '../plan/plan-schema';
import type { Milliseconds } from '../time/duration';
import { compress } from '../time/time-scale';

/** Whose case it is, and how long it may take on the migration's clock. */
export interface CaseQueue {
  id: string;
  owner: string;
  sla: Milliseconds;
}

/**
 * Where it is worked on that somebody was told two sides in a phase, or that two stacks act on them: where its people are worked on who were
 * brought back, else the queue of record mismatches, else that of the phase's first handoff, else the plan's first, both by name. undefined where
 * there is no such plan.
 */
export function contradictionQueue(
  migration: { plan: Pick<Plan, 'phases' | 'handoffs' | 'queues'>; timeScale: number } | undefined,
  phaseId: string,
): CaseQueue | undefined {
  if (migration === undefined) return undefined;
  const { plan, timeScale } = migration;
  const wanted = [
    plan.phases.find(({ id }) => id === phaseId)?.inFlight.queue,
    'record-mismatch',
    byName(plan.handoffs).find(({ phase }) => phase === phaseId)?.queue,
    byName(plan.queues)[0]?.id,
  ];
  const queue = wanted.flatMap((id) => plan.queues.filter((declared) => declared.id === id))[0];
  return queue === undefined ? undefined : { id: queue.id, owner: queue.owner, sla: compress(queue.sla, timeScale) };
}

/** The order in which a plan lists them says nothing. */
function byName<Named extends { id: string }>(list: readonly Named[]): Named[] {
  return [...list].sort((one, other) => (one.id < other.id ? -1 : 1));
}
