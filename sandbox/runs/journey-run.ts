import type { AskSide } from '../patients/ask-side';
import type { Side } from '../../domain/sides/side';
import type { RunRequest } from '../control/control-contract';
import type { PatientRun, RunState } from './run-state';

export type JourneyRunOptions = Extract<RunRequest, { kind: 'journey' }> & { seed: string };

/** Patients who go the whole way, until stopped. */
export function startJourneyRun(
  options: JourneyRunOptions,
  _world: { ask: AskSide; stackUrls: Readonly<Record<Side, string>> },
): PatientRun {
  const state: RunState = {
    migration: options.migration,
    kind: 'journey',
    status: 'running',
    seed: options.seed,
    timeScale: options.timeScale,
    startedAt: new Date().toISOString(),
    patients: { arrived: 0, bySide: { legacy: 0, target: 0 }, present: 0, ends: {} },
    journey: { phases: options.phases, told: {}, cohorts: [], bridges: {} },
  };
  const ended = Promise.resolve();
  return {
    state,
    ended,
    stop: () => {
      state.status = 'finished';
      return ended;
    },
  };
}
