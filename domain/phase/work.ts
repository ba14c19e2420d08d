import { unreachable } from '../unreachable';
import type { CohortRun } from './cohort-run';
import { maxOpenOf, perDayOf, rampOf, shareOf, watchTimeOf, type PhaseRules } from './phase-rules';
import { reachesPeople } from './reaches-people';

/** What is to be done for a cohort as it stands. Follows from the state alone, so that a crash or a replay cannot lose it. */
export type Work =
  | { kind: 'none' }
  | { kind: 'preflight' }
  | {
      kind: 'shift';
      expectedEpoch: number;
      share: number;
      perDay: number | null;
      maxOpen: number | null;
      newAttempt: boolean;
      restoring: boolean;
      notAfter?: string;
    }
  | { kind: 'watch'; epoch: number; step: number; watchMs: number; until: 'stepDone' | 'limitCrossed' }
  | {
      kind: 'lower';
      share: number;
      maxOpen: number | null;
      cause: 'lowered' | 'rollback';
      returning: boolean;
      newAttempt: boolean;
    }
  | { kind: 'settleRollback' }
  | { kind: 'commit'; expectedEpoch: number; notAfter?: string };

export function workFor(run: CohortRun, rules: PhaseRules): Work {
  switch (run.status) {
    case 'preflight':
      return { kind: 'preflight' };
    case 'shifting':
      // A write that was abandoned on the way here is fenced first, by an epoch of its own.
      if (run.uncertain === true) return lower(run, rules, 'lowered');
      return {
        kind: 'shift',
        expectedEpoch: run.epoch,
        share: shareOf(rampOf(rules, run.cohort), run.step),
        perDay: perDayOf(rampOf(rules, run.cohort), run.step),
        maxOpen: maxOpenOf(rampOf(rules, run.cohort), run.step),
        newAttempt: run.fresh === true,
        restoring: run.restoring === true,
        ...(run.notAfter !== undefined && { notAfter: run.notAfter }),
      };
    case 'watching':
    case 'soaking':
      return watch(run, rules, 'stepDone');
    case 'awaitingOpening':
      if (run.uncertain === true) return lower(run, rules, 'lowered');
      return run.share > 0 ? watch(run, rules, 'limitCrossed') : { kind: 'none' };
    case 'awaitingStep':
    case 'awaitingCommit':
      // A split above zero is never left alone: gates go on, and somebody renews the lease.
      return run.share > 0 ? watch(run, rules, 'limitCrossed') : { kind: 'none' };
    case 'held':
    case 'paused':
    case 'rolledBack':
    case 'takenOut':
      if (run.uncertain === true || run.share !== run.parkAt) return lower(run, rules, 'lowered');
      return run.parkAt > 0 ? watch(run, rules, 'limitCrossed') : { kind: 'none' };
    case 'rollingBack':
      // Traffic first, awaiting nothing but the split's write and its read-back.
      return run.rollback?.trafficBackAt === undefined ? lower(run, rules, 'rollback') : { kind: 'settleRollback' };
    case 'committing':
      return {
        kind: 'commit',
        expectedEpoch: run.epoch,
        ...(run.notAfter !== undefined && { notAfter: run.notAfter }),
      };
    case 'notReady':
    case 'awaitingGoNoGo':
    case 'committed':
      return { kind: 'none' };
    default:
      return unreachable(run.status);
  }
}

/** Two works with the same key are the same work: it goes on. Another key ends the one under way. */
export function workKey(run: CohortRun, work: Work): string {
  switch (work.kind) {
    case 'none':
      return 'none';
    case 'watch':
      return `watch/${run.attempt}/${work.step}/${work.epoch}/${work.until}/${run.planHash ?? ''}`;
    case 'lower':
      return `lower/${run.attempt}/${work.cause}/${work.share}/${run.rollback?.id ?? ''}/${run.status}`;
    case 'settleRollback':
      return `${work.kind}/${run.rollback?.id ?? ''}/${run.epoch}`;
    case 'shift':
      return `shift/${run.attempt}/${run.step}/${work.expectedEpoch}`;
    case 'preflight':
      return `${work.kind}/${run.attempt}/${run.epoch}/${run.planHash ?? ''}`;
    case 'commit':
      return `${work.kind}/${run.attempt}/${run.epoch}`;
    default:
      return unreachable(work);
  }
}

function lower(run: CohortRun, rules: PhaseRules, cause: 'lowered' | 'rollback'): Work {
  const { rollback } = run;
  const returning =
    cause === 'rollback' && rollback !== undefined && reachesPeople(rules.phase, rollback.scope, rollback.byHand);
  // One step back goes on being watched: counted from the start, the same misses would cross the limit again at once.
  const newAttempt = cause === 'rollback' && (run.parkAt > 0 || run.pauseAfterRollback !== undefined);
  return { kind: 'lower', share: run.parkAt, maxOpen: parkedCap(run, rules), cause, returning, newAttempt };
}

/** The cap of the step that arrivals wait at. */
function parkedCap(run: CohortRun, rules: PhaseRules): number | null {
  const ramp = rampOf(rules, run.cohort);
  return run.parkAt === 0
    ? null
    : maxOpenOf(
        ramp,
        ramp.findIndex(({ share }) => share === run.parkAt),
      );
}

function watch(run: CohortRun, rules: PhaseRules, until: 'stepDone' | 'limitCrossed'): Work {
  return { kind: 'watch', epoch: run.epoch, step: run.step, watchMs: watchTimeOf(rules, run.cohort, run.step), until };
}
