import { setTimeout as wait } from 'node:timers/promises';
import type { Side } from '../../domain/sides/side';
import { compress } from '../../domain/time/time-scale';
import type { AskSide } from '../patients/ask-side';
import { poissonArrivals } from '../patients/arrivals';
import { visitPayment } from '../patients/payment-patient';
import { seededRandom } from '../patients/seeded-random';
import type { PatientRun, RunState } from './run-state';

export interface PaymentRunOptions {
  migration: string;
  phase: string;
  timeScale: number;
  seed: string;
  /** Patients an hour, in the plan's time. */
  patientsPerHour: number;
  prefixes: { patient: string; episode: string; subscription: string };
}

/** Patients who arrive at random and pay, until stopped. */
export function startPaymentRun(
  options: PaymentRunOptions,
  world: { ask: AskSide; stackUrls: Readonly<Record<Side, string>> },
): PatientRun {
  const startedAt = Date.now();
  const stopped = new AbortController();
  const present = new Set<Promise<void>>();
  const state: RunState = {
    migration: options.migration,
    phase: options.phase,
    kind: 'payment',
    status: 'running',
    seed: options.seed,
    timeScale: options.timeScale,
    startedAt: new Date(startedAt).toISOString(),
    patients: { arrived: 0, bySide: { legacy: 0, target: 0 }, present: 0, ends: {} },
  };
  const { patients } = state;

  const arrive = async (): Promise<void> => {
    patients.arrived += 1;
    patients.present += 1;
    const end = await visitPayment(patients.arrived, {
      ...options,
      ...world,
      signal: stopped.signal,
      onSide: (side) => (patients.bySide[side] += 1),
    });
    patients.present -= 1;
    patients.ends[end] = (patients.ends[end] ?? 0) + 1;
  };

  const letIn = async (): Promise<void> => {
    const random = seededRandom(`${options.seed} arrivals`);
    for (const offset of poissonArrivals(random, options.patientsPerHour)) {
      const due = startedAt + compress(offset, options.timeScale);
      await wait(Math.max(0, due - Date.now()), undefined, { signal: stopped.signal });
      const visit = arrive();
      present.add(visit);
      void visit.finally(() => present.delete(visit));
    }
  };

  const ended = letIn()
    .catch((error: unknown) => {
      if (stopped.signal.aborted) return;
      state.failure = error instanceof Error ? error.message : 'unknown';
    })
    .then(() => Promise.all(present))
    .then(() => {
      state.status = state.failure === undefined ? 'finished' : 'failed';
    });

  return {
    state,
    ended,
    stop: () => {
      if (state.status === 'running') state.status = 'stopping';
      stopped.abort();
      return ended;
    },
  };
}
