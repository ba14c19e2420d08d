import { BUCKETS } from '../plan/schema/values';
import {
  assignmentEvidence,
  beginAssignmentCheck,
  takeAssignments,
  type AssignmentState as TestState,
} from './sequential/assignment-check';
import { oneIn, reaches } from './sequential/evidence';

/** What is remembered of how a cohort's arrivals were given sides under one epoch of its split: plain JSON of a fixed size. */
export interface AssignmentState {
  epoch: number;
  /** Up to when arrivals were looked at, as the store writes it; null: none were yet. */
  until: string | null;
  /** Who arrived by then. */
  taken: { target: number; legacy: number };
  test: TestState;
  /** Highest natural logarithm of the e-value so far. */
  highest: number;
}

/** The chance that a split that is as declared ever holds a cohort, in one epoch. */
export const FALSE_HOLDS = 0.001;

export function beginAssignments(epoch: number): AssignmentState {
  return { epoch, until: null, taken: { target: 0, legacy: 0 }, test: beginAssignmentCheck(), highest: 0 };
}

/**
 * Each epoch is looked at for itself, so that a split that was mended is believed again once it has changed. An arrival is looked at once, when it is new:
 * what becomes of its side later (moved by name, by a link or by a rollback) neither adds an arrival nor hides one.
 * @param arrived since the last look. @param until up to when that is. @param share of the split, in buckets
 */
export function lookAtAssignments(
  state: AssignmentState,
  {
    epoch,
    share,
    arrived,
    until,
  }: { epoch: number; share: number; arrived: { target: number; legacy: number }; until: string },
): AssignmentState {
  if (arrived.target + arrived.legacy === 0) return state;
  const { taken, test, highest } = state.epoch === epoch ? state : beginAssignments(epoch);
  const taking = takeAssignments(share / BUCKETS, test, arrived);
  return {
    ...{ epoch, until, test: taking },
    taken: { target: taken.target + arrived.target, legacy: taken.legacy + arrived.legacy },
    highest: Math.max(highest, assignmentEvidence(taking)),
  };
}

/** What is wrong with it in one sentence; undefined: nothing that could be shown. */
export function skewOf(
  { epoch, highest, taken: { target, legacy } }: AssignmentState,
  { epoch: current, share }: { epoch: number; share: number },
): string | undefined {
  if (epoch !== current || !reaches(highest, FALSE_HOLDS)) return undefined;
  const declared = `${Number(((share / BUCKETS) * 100).toFixed(3))}%`;
  return `${target} of ${target + legacy} who arrived went to target, where the split says ${declared}; ${oneIn(highest)} if it works. Sides that are not given by the split cannot be compared: find out who asks for none, or whose keys are not spread evenly`;
}
