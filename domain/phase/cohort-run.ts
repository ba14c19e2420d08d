import type { RollbackScope } from '../plan/plan-schema';

/** Where one (phase, cohort) stands. */
export const COHORT_STATUSES = [
  'preflight', // what can be checked is being checked
  'notReady', // preflight found something, or a person said no: mend it and resume
  'awaitingGoNoGo', // a person decides on the preflight's evidence
  'awaitingStep', // the next step was declared to need a person
  'awaitingOpening', // it may go on as soon as its calendar is open
  'shifting', // the split is being changed and read back
  'watching', // a step is looked at
  'soaking', // the last watch, at 100%
  'awaitingCommit', // soaked: a person decides on the point of no return
  'committing',
  'committed',
  'held', // something needs a person before this goes on
  'paused', // a person or a gate stopped it
  'rollingBack',
  'rolledBack', // arrivals are on legacy; people may let it start again
  'takenOut', // ended without a commit
] as const;
export type CohortStatus = (typeof COHORT_STATUSES)[number];

/** Why a cohort is not ready, held, paused or rolled back. */
export const BECAUSE_CODES = [
  'preflight',
  'rejected',
  'limitCrossed',
  'gateBlind', // a gate could not see for longer than the plan allows
  'unattended', // control lapsed for longer than resumeWithin
  'trafficMismatch', // the split could not be written or read back
  'command', // a person
  'calendarUnknown', // when its calendar opens could not be found out
  'staysOnLegacy', // the plan leaves this cohort where it is
  'takenOutBefore', // an earlier phase ended without it
] as const;

export interface Because {
  code: (typeof BECAUSE_CODES)[number];
  /** The sentence that people read. */
  message: string;
}

export const APPROVAL_KINDS = ['goNoGo', 'step', 'goOn', 'commit'] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];

export interface GivenApproval {
  actor: string;
  verified: boolean;
  at: string;
}

/** A decision that waits for people. Void, and asked anew, when its evidence changes. */
export interface ApprovalRequest {
  kind: ApprovalKind;
  /** Ramp step that it is for, where it is for one. */
  step?: number;
  planHash: string;
  /** What the approvers look at; an approval that names another is refused. */
  evidenceHash: string;
  needs: { count: number; roles: readonly string[]; fourEyes: boolean };
  given: GivenApproval[];
  askedAt: string;
  /** When a person is paged because nobody decided. */
  escalateAt: string;
  escalated: boolean;
}

/** A rollback under way or last done. */
export interface RollbackRun {
  /** The same for every retry of its steps: `<phase>/<cohort>/<revision>`. */
  id: string;
  scope: RollbackScope;
  /** Whether a person asked for everyone who may come back, whatever the plan says of them. */
  byHand?: true;
  /** An actor's id, or `gate:<id>`. */
  by: string;
  because: string;
  startedAt: string;
  /** Share of arrivals when it began, in buckets. */
  shareBefore: number;
  /** When the split was lowered and read back: from here on nobody new goes to target. */
  trafficBackAt?: string;
  /** Actions that failed, each with what to do. Empty where all went well; absent while under way. */
  failures?: string[];
}

/** An advance that everything but the calendar allows (R48). */
export interface AwaitedOpening {
  /** The ramp step that it goes to. */
  step: number;
  /** The one that it is at. */
  from: number;
  /** Whether evidence is counted anew from there. */
  fresh?: true;
  /** What people said yes to, where they were asked: what a go was given on is looked at once more after a wait. */
  request?: ApprovalRequest;
  /** Why it had stopped, where people let it go on. */
  because?: Because;
}

/** A (phase, cohort) as the workflow holds it and as `cohort_run.run` stores it. Plain JSON. */
export interface CohortRun {
  cohort: string;
  /** The version of the plan that it goes by: the migration's may be newer until its step ends. Absent where an earlier release wrote it. */
  planHash?: string;
  status: CohortStatus;
  /** Index of the ramp step that arrivals are at; -1 before the first. The ramp's length while soaking. */
  step: number;
  /** The split's epoch as last read back; 0 before there is one. */
  epoch: number;
  /** Share of arrivals on target, in buckets, as last read back. */
  share: number;
  /** Where arrivals wait while held, paused or rolled back, in buckets. */
  parkAt: number;
  /** 1, and one more with each start after a rollback. */
  attempt: number;
  /** Grows whenever evidence starts to accumulate anew; watch time is counted for each by itself. */
  series: number;
  /** Grows with each transition. */
  revision: number;
  /** What is waited for from people. */
  request?: ApprovalRequest;
  because?: Because;
  /** What it does when its calendar opens. */
  opening?: AwaitedOpening;
  /** When that is, where it is not open: what was decided waits until then. */
  opensAt?: string;
  /** R48: from when on the advance under way may not be made any more, since its calendar is closed. */
  notAfter?: string;
  rollback?: RollbackRun;
  /** Whether the shift under way mends a lapse of control, by the approval there is (only within `resumeWithin`). */
  restoring?: boolean;
  /** Lapses of control that were mended in this step. */
  restores?: number;
  /** Whether evidence starts to accumulate anew with the shift under way. */
  fresh?: boolean;
  /** Whether a write of the split was abandoned, so that what it holds is not known until a newer epoch is written. */
  uncertain?: boolean;
  /** Whether the workflow was cancelled while a rollback was under way: it ends when that is done. */
  endAfterRollback?: boolean;
  /** Somebody paused it while it went one step back: it waits for a person when that is done, to go on from `step`. */
  pauseAfterRollback?: { because: Because; step: number };
  changedAt: string;
}

/** Whether nothing more happens to this cohort. */
export function hasEnded(run: CohortRun): boolean {
  return run.status === 'committed' || (run.status === 'takenOut' && run.share === 0 && run.uncertain !== true);
}

/** I2: whether a stop that this cohort took has come into force, so that by it nobody new goes to target. */
export function trafficIsBack(run: CohortRun): boolean {
  if (run.status === 'rollingBack') return run.rollback?.trafficBackAt !== undefined;
  return run.status !== 'takenOut' || hasEnded(run);
}

/** The cohort before anything happened. @param now ISO time */
export function newCohortRun(cohort: string, now: string): CohortRun {
  return {
    cohort,
    status: 'preflight',
    step: -1,
    epoch: 0,
    share: 0,
    parkAt: 0,
    attempt: 1,
    series: 0,
    revision: 1,
    changedAt: now,
  };
}
