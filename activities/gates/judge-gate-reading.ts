import { judgeLoad } from '../../domain/gates/judge-load';
import {
  NO_TEST,
  holdLegacy,
  judgeState,
  takeLegacyPast,
  takeOutcomes,
  type GateJudgement,
  type GateState,
} from '../../domain/gates/gate-state';
import type { PlanGate } from '../../domain/plan/plan-schema';
import { compress } from '../../domain/time/time-scale';
import type { Remembered } from './gate-memory';
import type { GateReading } from './gate-reading';
import type { WatchedGate } from './watched-step';

/** One gate at one look: what it says, and what it is remembered as afterwards. */
export interface Finding {
  watched: WatchedGate;
  gate: PlanGate;
  known: Remembered;
  is: GateState;
  judgement: GateJudgement;
  newestAt: string | null;
  /** Whether two people said that it neither holds the step nor rolls back. */
  overridden: boolean;
}

/** As `judgeGateReading`. One gate that cannot be judged holds its own step, and no other one; `onFailure` is told why. */
export function judgeSafely(
  watched: WatchedGate,
  known: Remembered,
  reading: GateReading,
  onFailure?: (error: unknown) => void,
): Finding {
  try {
    return judgeGateReading(watched, known, reading);
  } catch (error) {
    onFailure?.(error);
    const message = 'It could not be judged. Report this with its plan and the release of the worker.';
    const judgement = { ...NO_TEST, verdict: 'sourceError' as const, message };
    return { watched, gate: watched.gate, known, is: known.state, newestAt: null, overridden: false, judgement };
  }
}

/** A gate that is told nothing says so: what it knows of before neither passes nor crosses a limit then. */
export function judgeGateReading(watched: WatchedGate, known: Remembered, reading: GateReading): Finding {
  const { gate, rule, step } = watched;
  const found = { watched, gate, known, overridden: false };
  if (reading.kind === 'takenBack') {
    const { much, message } = reading;
    const is = known.state.takenBack === much ? known.state : { ...known.state, takenBack: much };
    return { ...found, is, newestAt: null, judgement: { ...NO_TEST, verdict: 'sourceError', message } };
  }
  if (reading.kind !== 'outcomes' && reading.kind !== 'load') {
    const { kind, message } = reading;
    return { ...found, is: known.state, newestAt: null, judgement: { ...NO_TEST, verdict: kind, message } };
  }
  if (reading.kind === 'load') {
    const { rule: of } = gate;
    if (of.kind !== 'capacity') throw new Error('A load is read for a capacity alone.');
    return {
      ...found,
      newestAt: null,
      ...judgeLoad(of, known.state, reading, compress(of.during, step.watch.timeScale)),
    };
  }
  const whole = withoutTakenBack(known.state);
  const before = reading.past === undefined ? whole : takeLegacyPast(whole, reading.past);
  const taken = takeOutcomes(rule, before, reading.increments, reading.first);
  const counted = reading.last === undefined || reading.last === taken.last ? taken : { ...taken, last: reading.last };
  // A gate that is counted anew does not know what legacy was before it has seen all of it.
  const is = watched.drained && !reading.more ? holdLegacy(rule, counted) : counted;
  const newestAt = reading.newestAt ?? null;
  if (!reading.started) {
    const message = 'The handoff has not started on target in this attempt.';
    return { ...found, is, newestAt, judgement: { ...NO_TEST, verdict: 'noData', message } };
  }
  const judgement = judgeState(rule, is);
  if (!reading.more || judgement.verdict !== 'pass') return { ...found, is, newestAt, judgement };
  const message = `${judgement.message}; what came while nobody looked is still being counted`;
  return { ...found, is, newestAt, judgement: { ...judgement, verdict: 'insufficient', proven: false, message } };
}

/** What was gone for a moment has come again. */
function withoutTakenBack(state: GateState): GateState {
  if (state.takenBack === undefined) return state;
  const { takenBack: _, ...rest } = state;
  return rest;
}
