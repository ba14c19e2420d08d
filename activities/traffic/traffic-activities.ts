import { ApplicationFailure } from '@temporalio/common';
import { StaleEpoch } from '../../domain/sides/stale-epoch';
import { DomainError } from '../../domain/domain-error';
import { WHOLE } from '../../domain/phase/phase-rules';
import type { Milliseconds } from '../../domain/time/duration';
import type { LowerTraffic, PhaseActivities, ShiftTraffic, SplitNow } from '../phase-activities';
import type { ObservedSplit, SplitChange, SplitKey, TrafficRouter } from './traffic-router';

/** The split cannot be committed: nobody looked after it lately, or not everyone who arrives is on target. */
export class NotCommittable extends DomainError {
  readonly code = 'not-committable';
  readonly status = 409;
  constructor() {
    super(
      'Only a split at 100% that is looked after can be committed. See `handoff status`, resume the phase, then approve again.',
    );
  }
}

export interface TrafficActivitiesOptions {
  router: TrafficRouter;
  /** Makes the split at share zero where there is none. */
  createSplit: (split: SplitKey & { lease: Milliseconds }) => Promise<ObservedSplit>;
  /** How long ago the lease of that epoch ran out, by the database's clock; undefined where it did not. */
  lapsedFor: (key: SplitKey, epoch: number) => Promise<Milliseconds | undefined>;
  /** The database's clock, by which calendars are read. */
  clock: () => Promise<Date>;
  /** The name of the activity under way: the same in each of its attempts, and no other's. */
  command: () => string;
}

type TrafficActivities = Pick<PhaseActivities, 'openSplit' | 'shiftTraffic' | 'lowerTraffic' | 'commitTraffic'>;

export function trafficActivities({
  router,
  createSplit,
  lapsedFor,
  clock,
  command,
}: TrafficActivitiesOptions): TrafficActivities {
  return {
    async openSplit(split) {
      return now(await createSplit(split));
    },

    async shiftTraffic(shift: ShiftTraffic) {
      if (shift.restoreWithin !== undefined) await refuseLateRestore(shift, shift.restoreWithin);
      await refuseAfter(shift.notAfter);
      const { migration, phase, cohort, expectedEpoch, share, perDay, maxOpen, lease, newAttempt } = shift;
      const cause = shift.restoreWithin === undefined ? 'raised' : 'restored';
      return writeAndReadBack({
        migration,
        phase,
        cohort,
        expectedEpoch,
        share,
        perDay,
        maxOpen,
        mode: 'open',
        lease,
        cause,
        newAttempt,
      });
    },

    async lowerTraffic(lower: LowerTraffic) {
      const { migration, phase, cohort, lease, cause, newAttempt } = lower;
      const mode = lower.returning ? 'returning' : 'open';
      // An attempt before this one may have written the split, and not carried it outside or not seen every process take it over: that write is
      // repeated, which waits for the rest of it, or each attempt would be an epoch.
      const own = command();
      let repeats = true;
      // Whoever writes in between loses: lowering takes whatever epoch is there, and tries again.
      for (;;) {
        const observed = await mustBeThere({ migration, phase, cohort });
        // Overtaken by a stop that moves people back: it is at zero already, and is not opened before they are.
        if (observed.mode === 'returning' && !lower.returning) return now(observed);
        repeats &&= observed.command === own || observed.outside?.confirmed === false;
        const expectedEpoch = repeats ? observed.epoch - 1 : observed.epoch;
        // A split that fell in the meantime is never raised by a lowering: where it is now is low enough.
        const share = Math.min(lower.share, observed.lapsed ? 0 : observed.share);
        try {
          return await writeAndReadBack({
            ...{ migration, phase, cohort },
            expectedEpoch,
            share,
            perDay: null,
            maxOpen: share === 0 ? null : lowerCap(lower.maxOpen, observed.maxOpen ?? null),
            mode,
            lease,
            cause,
            newAttempt,
            command: own,
          });
        } catch (error) {
          if (!(error instanceof StaleEpoch)) throw error;
          repeats = false;
        }
      }
    },

    async commitTraffic({ expectedEpoch, lease, notAfter, ...key }) {
      const observed = await mustBeThere(key);
      const committed = observed.mode === 'committed' && observed.epoch === expectedEpoch + 1;
      // A commit whose answer was lost is answered again.
      if (committed && observed.outside?.confirmed !== false) return now(observed);
      if (!committed && (observed.share !== WHOLE || observed.perDay !== null || observed.lapsed))
        throw new NotCommittable();
      if (!committed) await refuseAfter(notAfter);
      const change: SplitChange = {
        ...key,
        expectedEpoch,
        share: WHOLE,
        perDay: null,
        maxOpen: null,
        mode: 'committed',
        lease,
        cause: 'committed',
      };
      return writeAndReadBack(change);
    },
  };

  /** R48: each attempt asks, so that one that is repeated until midnight lets nobody through then. */
  async function refuseAfter(notAfter: string | undefined): Promise<void> {
    if (notAfter === undefined || (await clock()).getTime() < Date.parse(notAfter)) return;
    const message = 'Its calendar closed before this could be done. It is done when that opens again.';
    throw ApplicationFailure.create({ message, type: 'calendar-closed', nonRetryable: true });
  }

  async function refuseLateRestore(shift: ShiftTraffic, within: Milliseconds): Promise<void> {
    const observed = await mustBeThere(shift);
    const gone = await lapsedFor(shift, shift.expectedEpoch - 1);
    if (gone === undefined || gone <= within) return;
    throw ApplicationFailure.create({
      message: 'Control was gone for longer than the plan allows.',
      type: 'restore-too-late',
      nonRetryable: true,
      details: [now(observed)],
    });
  }

  async function writeAndReadBack(change: SplitChange): Promise<SplitNow> {
    const written = await router.write(change);
    const observed = await mustBeThere(change);
    // A newer epoch means that somebody wrote after us; what was written did take effect.
    const asWritten = observed.share === change.share && observed.outside?.confirmed !== false;
    if (observed.epoch === written.epoch && !asWritten) {
      throw ApplicationFailure.retryable('The split was read back otherwise than it was written.', 'traffic-mismatch');
    }
    if (observed.epoch !== written.epoch) throw new StaleEpoch(written.epoch, observed.epoch);
    return now(observed);
  }

  async function mustBeThere(key: SplitKey): Promise<ObservedSplit> {
    const observed = await router.readBack(key);
    if (observed === undefined)
      throw ApplicationFailure.retryable('The traffic router knows of no such split.', 'traffic-mismatch');
    return observed;
  }
}

/** The lower of two caps; null is none. */
function lowerCap(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

function now(observed: ObservedSplit): SplitNow {
  return { epoch: observed.epoch, share: observed.share };
}
