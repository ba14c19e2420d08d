import { acceptEvent } from '../../../domain/events/accept-event';
import { EventContract } from '../../../domain/events/event-contract';
import { isRefused } from '../../../domain/events/event-refusal';
import type { Plan } from '../../../domain/plan/plan-schema';
import type { EventToStore } from '../../../store/events';

/** A CloudEvent in JSON as it reaches the store, by the contract of a plan. @param now what the API's clock says */
export function tellByPlan(
  plan: Plan,
  migration: string,
  now: number,
): (event: Record<string, unknown>) => EventToStore {
  const contract = new EventContract(plan);
  return ({ data, ...attributes }) => {
    const accepted = acceptEvent({ attributes: new Map(Object.entries(attributes)), data }, contract, now);
    if (isRefused(accepted)) throw new Error(accepted.refused.message);
    return { ...accepted, migration, lateness: plan.lateness };
  };
}
