import type { GateSource } from '../plan/plan-schema';
import type { Side } from '../sides/side';
import type { Milliseconds } from '../time/duration';

export type SyntheticSource = Extract<GateSource, { kind: 'synthetic' }>;
export type SyntheticStep = SyntheticSource['steps'][number];

/**
 * What became of a run. `kept`: every step was as expected; `missed`: one was not, an answer that did not come among them; `untried`: the stack did not take the
 * credentials, which says nothing of patients; `lost`: whoever made it stopped in the middle. The last two are no outcomes.
 */
export const RUN_OUTCOMES = ['kept', 'missed', 'untried', 'lost'] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** Why a run was not kept. Codes: what the stack said itself is never kept. */
export const RUN_REASONS = [
  'unreachable', // refused, or cut
  'late', // no whole answer within the timeout
  'status', // another one than expected
  'tooLong',
  'notJson',
  'notHeld', // what has to be true of the answer is not, or fails on it
  'credentials',
  'stopped',
] as const;
export type RunReason = (typeof RUN_REASONS)[number];

export interface RunEnd {
  outcome: RunOutcome;
  /** The step that was not as expected, counted from 1; null where all were. */
  step: number | null;
  why: RunReason | null;
  /** Of the last answer; null where there was none. */
  status: number | null;
}

/** The journey that a side is asked for; undefined where none is. */
export function journeyOn(source: SyntheticSource, side: Side): readonly SyntheticStep[] | undefined {
  return side === 'target' ? source.steps : source.legacy;
}

/** The sides that synthetic patients go through. */
export function sidesOf(source: SyntheticSource): Side[] {
  return source.legacy === undefined ? ['target'] : ['target', 'legacy'];
}

/** How long a run may take at most: each answer its time, and the last step for as long as it may be asked again. */
export function longestRun({ steps, legacy = [], timeout, until = 0 }: SyntheticSource): Milliseconds {
  return Math.max(steps.length, legacy.length) * timeout + until;
}
