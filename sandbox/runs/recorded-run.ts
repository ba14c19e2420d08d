import { setTimeout as wait } from 'node:timers/promises';
import type { Side } from '../../domain/sides/side';
import { compress } from '../../domain/time/time-scale';
import type { AskSide } from '../patients/ask-side';
import { deriveKey } from '../patients/derive-key';
import { visitStack } from '../patients/visit-stack';
import { readEventLog, type LogColumns } from '../recorded/event-log';
import type { PatientRun, RunState } from './run-state';

export interface RecordedRunOptions {
  migration: string;
  phase: string;
  timeScale: number;
  seed: string;
  /** Path of the event log. */
  log: string;
  columns: LogColumns;
  /** How much of the log, from its first row on. */
  days: number;
  prefixes: { patient: string; episode: string };
}

const DAY = 86_400_000;

/** Activities of one request at most. */
const AT_ONCE = 100;

interface Todo {
  type: string;
  /** When the log says it was done, on the wall clock. */
  due: number;
  sequence: number;
}

/** A recorded case as a patient: asks for a side at its first activity, then does each one at that side's stack, in order. */
interface Case {
  patient: string;
  journey: string;
  side: Promise<Side | undefined>;
  todo: Todo[];
  /** Settles when nothing is left to do for now. */
  working: Promise<void>;
  sequence: number;
  /** When its last activity was done; none is done before the one before it. */
  lastAt: number;
  gaveUp: boolean;
}

/** Patients who do again what the cases of an event log did, at the log's own times divided by the time scale. */
export function startRecordedRun(
  options: RecordedRunOptions,
  world: { ask: AskSide; stackUrls: Readonly<Record<Side, string>> },
): PatientRun {
  const startedAt = Date.now();
  const stopped = new AbortController();
  const cases = new Map<string, Case>();
  const recorded = { due: 0, done: 0, undone: 0, days: 0 };
  const state: RunState = {
    migration: options.migration,
    phase: options.phase,
    kind: 'recorded',
    status: 'running',
    seed: options.seed,
    timeScale: options.timeScale,
    startedAt: new Date(startedAt).toISOString(),
    patients: { arrived: 0, bySide: { legacy: 0, target: 0 }, present: 0, ends: {} },
    recorded,
  };
  const { patients } = state;

  const arrive = (caseId: string): Case => {
    patients.arrived += 1;
    patients.present += 1;
    const patient = deriveKey(options.prefixes.patient, options.seed, caseId);
    const journey = deriveKey(options.prefixes.episode, options.seed, caseId);
    const { migration, phase } = options;
    const side = world
      .ask({ migration, phase, unit: journey, journey, attributes: {} }, stopped.signal)
      .then((told) => {
        if (told !== undefined) patients.bySide[told] += 1;
        return told;
      });
    return { patient, journey, side, todo: [], working: Promise.resolve(), sequence: 0, lastAt: 0, gaveUp: false };
  };

  /** Does what is there to do, as many activities at once as have come due meanwhile. */
  const work = async (patient: Case): Promise<void> => {
    const side = await patient.side;
    while (patient.todo.length > 0) {
      const now = patient.todo.splice(0, AT_ONCE);
      if (side === undefined || patient.gaveUp || !(await doAll(patient, world.stackUrls[side], now))) {
        recorded.undone += now.length;
      } else recorded.done += now.length;
    }
  };

  /** False where the patient gave up on the stack. */
  const doAll = async (patient: Case, stackUrl: string, todo: readonly Todo[]): Promise<boolean> => {
    for (let attempt = 0; ; attempt += 1) {
      const activities = todo.map(({ type, due, sequence }) => {
        // Done when the log says so; later only where the stack was out of order then.
        patient.lastAt = Math.max(patient.lastAt, attempt === 0 ? due : Date.now());
        return { type, time: new Date(patient.lastAt).toISOString(), sequence };
      });
      const { patient: key, journey } = patient;
      const body = { migration: options.migration, patient: key, journey, activities };
      const status = await visitStack(stackUrl, '/activities', body, 5_000);
      if (status === 202) return true;
      if (status !== undefined || attempt === 20 || stopped.signal.aborted) {
        patient.gaveUp = true;
        return false;
      }
      await wait(Math.min(2_000, 100 * 2 ** attempt));
    }
  };

  const replay = async (): Promise<void> => {
    let firstAt: number | undefined;
    for await (const activity of readEventLog(options.log, options.columns)) {
      firstAt ??= activity.at;
      const offset = activity.at - firstAt;
      if (offset >= options.days * DAY) break;
      const due = startedAt + Math.round(compress(offset, options.timeScale));
      const ahead = due - Date.now();
      if (ahead > 1) await wait(ahead, undefined, { signal: stopped.signal });
      stopped.signal.throwIfAborted();
      recorded.due += 1;
      recorded.days = offset / DAY;
      const patient = cases.get(activity.caseId) ?? arrive(activity.caseId);
      cases.set(activity.caseId, patient);
      patient.todo.push({ type: activity.type, due, sequence: patient.sequence++ });
      if (patient.todo.length === 1) patient.working = patient.working.then(() => work(patient));
    }
  };

  const ended = replay()
    .catch((error: unknown) => {
      if (stopped.signal.aborted) return;
      state.failure = error instanceof Error ? error.message : 'unknown';
    })
    .then(() => Promise.all([...cases.values()].map((patient) => patient.working.then(() => leave(patient)))))
    .then(() => {
      state.status = state.failure === undefined ? 'finished' : 'failed';
    });

  const leave = async (patient: Case): Promise<void> => {
    const end = (await patient.side) === undefined ? 'noSide' : patient.gaveUp ? 'gaveUp' : 'walkedThrough';
    patients.present -= 1;
    patients.ends[end] = (patients.ends[end] ?? 0) + 1;
  };

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
