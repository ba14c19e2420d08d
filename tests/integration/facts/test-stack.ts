import { acceptEvent } from '../../../domain/events/accept-event';
import { EventContract } from '../../../domain/events/event-contract';
import { isRefused } from '../../../domain/events/event-refusal';
import { loadPlan } from '../../../domain/plan/load-plan';
import { compress } from '../../../domain/time/time-scale';
import type { EventToStore } from '../../../store/events';
import { FACTS_PLAN } from './facts-plan';

const { plan } = loadPlan(FACTS_PLAN);
const contract = new EventContract(plan);

export interface Told {
  /** Number of the patient, who has one journey and one subscription. */
  patient: number;
  type: string;
  /** Milliseconds since 1970; null where the stack does not say it. Now unless given. */
  time?: number | null;
  id?: string;
  source?: string;
  sequence?: number;
  /** Leaves the subscription's key out. */
  withoutSubscription?: boolean;
  program?: 'dermatology' | 'weight';
}

export const keys = {
  patient: (patient: number) => `pat_${digits(patient)}`,
  episode: (patient: number) => `ep_${digits(patient)}`,
  subscription: (patient: number) => `sub_${digits(patient)}`,
};

function digits(patient: number): string {
  return patient.toString(16).padStart(16, '0');
}

let told = 0;

/** A CloudEvent as a stack sends it, in JSON. */
export function cloudEvent(event: Told): Record<string, unknown> {
  told += 1;
  const { patient, type, time = Date.now(), id = `evt-${told}`, source = '/legacy/billing', sequence } = event;
  return {
    specversion: '1.0',
    ...{ id, source, type, subject: keys.patient(patient), journey: keys.episode(patient) },
    ...(time === null ? {} : { time: new Date(time).toISOString() }),
    ...(sequence === undefined ? {} : { sequence: String(sequence) }),
    ...(event.withoutSubscription === true ? {} : { subscription: keys.subscription(patient) }),
    ...(type === 'payment.succeeded' ? { data: { program: event.program ?? 'weight' } } : {}),
  };
}

/** The same event, as it reaches the store. */
export function eventToStore(migration: string, event: Told, timeScale = 1): EventToStore {
  const { data, ...attributes } = cloudEvent(event);
  const accepted = acceptEvent({ attributes: new Map(Object.entries(attributes)), data }, contract, Date.now());
  if (isRefused(accepted)) throw new Error(accepted.refused.message);
  return { ...accepted, migration, lateness: compress(plan.lateness, timeScale) };
}
