import { setTimeout as wait } from 'node:timers/promises';
import type { Side } from '../../domain/sides/side';
import { compress } from '../../domain/time/time-scale';
import type { RunRequest } from '../control/control-contract';
import type { JourneyNews, JourneyService } from '../journey/journey-service';
import { patientProfile } from '../journey/patient-profile';
import { SideDesk } from '../journey/side-desk';
import { poissonArrivals } from '../patients/arrivals';
import type { AskSide } from '../patients/ask-side';
import { goWholeWay } from '../patients/journey-patient';
import { seededRandom } from '../patients/seeded-random';
import type { JourneyCounts, PatientRun, RunState } from './run-state';

export type JourneyRunOptions = Extract<RunRequest, { kind: 'journey' }> & { seed: string };

/** A run, and what the stacks are to know of it, at once: the first patient comes a moment later. */
export interface JourneyRun extends PatientRun {
  service: JourneyService;
}

/** Patients who go the whole way, until stopped. Who is here by then is still told their sides: `closing` ends that. */
export function startJourneyRun(
  options: JourneyRunOptions,
  world: { ask: AskSide; stackUrls: Readonly<Record<Side, string>>; closing: AbortSignal },
): JourneyRun {
  const { migration, phases, seed, timeScale } = options;
  const startedAt = Date.now();
  const stopped = new AbortController();
  const present = new Set<Promise<void>>();
  const letters = new Map<string, (news: JourneyNews) => void>();
  const firstTold = new Set<string>();
  const journey: JourneyCounts = { phases, told: {}, cohorts: [], bridges: {} };
  const state: RunState = {
    migration,
    kind: 'journey',
    status: 'running',
    seed,
    timeScale,
    startedAt: new Date(startedAt).toISOString(),
    patients: { arrived: 0, bySide: { legacy: 0, target: 0 }, present: 0, ends: {} },
    journey,
  };
  const { patients } = state;
  const desk = new SideDesk({
    phases,
    ask: world.ask,
    counts: journey,
    onTold: (who, side) => {
      if (!letters.has(who.journey) || firstTold.has(who.journey)) return;
      firstTold.add(who.journey);
      patients.bySide[side] += 1;
    },
  });
  const service: JourneyService = {
    desk,
    stackUrls: world.stackUrls,
    events: options.events,
    tell: (who, news) => letters.get(who.journey)?.(news),
    bridged: (type, from) => {
      const counts = (journey.bridges[type] ??= { 'target→legacy': 0, 'legacy→target': 0 });
      counts[from === 'target' ? 'target→legacy' : 'legacy→target'] += 1;
    },
  };

  const arrive = async (): Promise<void> => {
    patients.arrived += 1;
    patients.present += 1;
    const who = patientProfile(patients.arrived, options);
    const news = new Promise<JourneyNews>((resolve) => letters.set(who.journey, resolve));
    const end = await goWholeWay(who, {
      seed,
      timeScale,
      desk,
      stackUrls: world.stackUrls,
      signal: world.closing,
      news,
    });
    letters.delete(who.journey);
    firstTold.delete(who.journey);
    patients.present -= 1;
    patients.ends[end] = (patients.ends[end] ?? 0) + 1;
  };

  const letIn = async (): Promise<void> => {
    const random = seededRandom(`${seed} arrivals`);
    for (const offset of poissonArrivals(random, options.visitorsPerHour)) {
      const due = startedAt + compress(offset, timeScale);
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
    service,
    stop: () => {
      if (state.status === 'running') state.status = 'stopping';
      stopped.abort();
      return ended;
    },
  };
}
