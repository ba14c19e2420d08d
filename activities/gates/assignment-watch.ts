import { beginAssignments, lookAtAssignments, skewOf, type AssignmentState } from '../../domain/gates/assignment-state';
import type { Milliseconds } from '../../domain/time/duration';
import { readAssignedSides } from '../../store/assigned-sides';
import type { Queryable } from '../../store/database';
import { readGateStates, saveGateStates, type GateKey, type GateState as StoredState } from '../../store/gate-states';
import type { ObservedSplit } from '../traffic/traffic-router';
import type { OnWatchFailure } from './watch-failure';
import type { WatchedStep } from './watched-step';

/** Who arrived is counted so often: a skew is no emergency. */
const COUNTED_EVERY: Milliseconds = 60_000;

/** A name that no gate of a plan can have. */
const STATE_OF = '(assignment)';

interface Known {
  at: Milliseconds;
  skew: string | undefined;
}

/**
 * Whether arrivals are given sides by the share that is declared. Only where nothing else decides: in the journey's first phase (in a later one a side follows
 * from an earlier one), under a share alone, and for units that are their own.
 */
export class AssignmentWatch {
  private readonly known = new Map<string, Known>();

  constructor(private readonly onFailure?: OnWatchFailure) {}

  /** What is wrong with the split of each step; undefined where nothing is known to be. */
  async look(
    connection: Queryable,
    steps: readonly WatchedStep[],
    splits: readonly (ObservedSplit | undefined)[],
    now: Milliseconds,
  ): Promise<(string | undefined)[]> {
    const due = steps.flatMap((step, index) => {
      const split = splits[index];
      const known = this.known.get(nameOf(step));
      if (split === undefined || !isByShareAlone(step, split)) return [];
      return known !== undefined && now - known.at < COUNTED_EVERY ? [] : [{ step, split }];
    });
    if (due.length > 0) {
      await this.count(connection, due, now).catch((error: unknown) => {
        this.onFailure?.({ of: 'arrivals', cohorts: due.map(({ step: { watch } }) => cohortOf(watch)), error });
        // What could not be counted in time ends nobody's watch: what was known of it stands until the next count.
        for (const { step } of due) this.known.set(nameOf(step), { at: now, skew: this.known.get(nameOf(step))?.skew });
      });
    }
    return steps.map((step, index) => {
      const split = splits[index];
      return split !== undefined && isByShareAlone(step, split) ? this.known.get(nameOf(step))?.skew : undefined;
    });
  }

  forget(step: WatchedStep): void {
    this.known.delete(nameOf(step));
  }

  private async count(
    connection: Queryable,
    due: readonly { step: WatchedStep; split: ObservedSplit }[],
    now: Milliseconds,
  ): Promise<void> {
    const keys = due.map(({ step }) => keyOf(step));
    const stored = await readGateStates(connection, keys);
    const begun = due.map(({ split: { epoch, attemptEpoch } }, index) =>
      goesOnFrom(stored[index], epoch, attemptEpoch),
    );
    const assigned = await readAssignedSides(
      connection,
      due.map(({ split }, index) => ({ ...split, after: begun[index]?.until ?? null })),
    );
    const looked = due.map(({ split: { epoch, share, attemptEpoch } }, index) => {
      const before = begun[index] ?? beginAssignments(epoch);
      const { until, ...arrived } = assigned[index] ?? { target: 0, legacy: 0, until: '' };
      const is = lookAtAssignments(before, { epoch, share, arrived, until });
      return {
        attemptEpoch,
        revision: stored[index]?.revision ?? 0,
        changed: is !== before,
        is,
        skew: skewOf(is, { epoch, share }),
      };
    });
    const changed = looked.flatMap(({ attemptEpoch, revision, changed, is }, index) => {
      const key = keys[index];
      return changed && key !== undefined ? [{ key, attemptEpoch, revision, state: is }] : [];
    });
    // Where somebody else wrote meanwhile, theirs is read at the next count.
    await saveGateStates(connection, changed);
    for (const [index, { step }] of due.entries()) {
      this.known.set(nameOf(step), { at: now, skew: looked[index]?.skew });
    }
  }
}

/** What is remembered of this epoch. What an earlier release remembered does not say up to when it had looked: it is counted anew. */
function goesOnFrom(known: StoredState | undefined, epoch: number, attemptEpoch: number): AssignmentState {
  if (known?.attemptEpoch !== attemptEpoch) return beginAssignments(epoch);
  const state = known.state as AssignmentState | Omit<AssignmentState, 'until'>;
  return 'until' in state && state.epoch === epoch ? state : beginAssignments(epoch);
}

function isByShareAlone({ plan, phase }: WatchedStep, { mode, perDay, maxOpen }: ObservedSplit): boolean {
  const first = plan.phases[0]?.id === phase.id;
  return first && phase.anonymousUnit === undefined && mode === 'open' && perDay === null && maxOpen === null;
}

function keyOf({ watch }: WatchedStep): GateKey {
  return { ...cohortOf(watch), gate: STATE_OF };
}

function cohortOf({ migration, phase, cohort }: Omit<GateKey, 'gate'>): Omit<GateKey, 'gate'> {
  return { migration, phase, cohort };
}

function nameOf(step: WatchedStep): string {
  return JSON.stringify(keyOf(step));
}
