import { beginAssignments, lookAtAssignments, skewOf, type AssignmentState } from '../../domain/gates/assignment-state';
import type { Milliseconds } from '../../domain/time/duration';
import { readAssignedSides } from '../../store/assigned-sides';
import type { Queryable } from '../../store/database';
import { readGateStates, saveGateStates, type GateKey } from '../../store/gate-states';
import type { ObservedSplit } from '../traffic/traffic-router';
import type { WatchedStep } from './watched-step';

/** Who arrived is counted so often: a skew is no emergency, and counting goes over all of an epoch. */
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
      await this.count(connection, due, now).catch(() => {
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
    const assigned = await readAssignedSides(
      connection,
      due.map(({ split }) => split),
    );
    const looked = due.map(({ split: { epoch, share, attemptEpoch } }, index) => {
      const known = stored[index];
      const before = known?.attemptEpoch === attemptEpoch ? (known.state as AssignmentState) : beginAssignments(epoch);
      const is = lookAtAssignments(before, { epoch, share, assigned: assigned[index] ?? before.taken });
      return {
        attemptEpoch,
        revision: known?.revision ?? 0,
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

function isByShareAlone({ plan, phase }: WatchedStep, { mode, perDay, maxOpen }: ObservedSplit): boolean {
  const first = plan.phases[0]?.id === phase.id;
  return first && phase.anonymousUnit === undefined && mode === 'open' && perDay === null && maxOpen === null;
}

function keyOf({ watch: { migration, phase, cohort } }: WatchedStep): GateKey {
  return { migration, phase, cohort, gate: STATE_OF };
}

function nameOf(step: WatchedStep): string {
  return JSON.stringify(keyOf(step));
}
