import type { RollbackScope } from '../plan/plan-schema';
import type { Actor } from './actor';

/** Where one (phase, cohort) stands. */
export const COHORT_STATUSES = [
  'preflight', // what can be checked is being checked
  'notReady', // preflight found something; a person mends it and resumes
  'awaitingGoNoGo', // a person decides on the preflight's evidence
  'shifting', // the split is being changed and read back
  'watching', // a step is looked at
  'awaitingStep', // the next step was declared to need a person
  'soaking', // the last watch, at 100%
  'awaitingCommit', // soaked: a person decides on the point of no return
  'committing',
  'committed',
  'held', // something needs a person before this goes on
  'paused', // a person or a gate stopped it
  'rollingBack',
  'rolledBack', // on legacy for arrivals; a person may let it start again
  'takenOut', // ended without a commit
] as const;
export type CohortStatus = (typeof COHORT_STATUSES)[number];

/** Why a cohort is held, paused or rolled back: a stable code, and the sentence that people read. */
export interface Because {
  code:
    | 'preflight'
    | 'rejected'
    | 'limitCrossed'
    | 'insufficient'
    | 'noData'
    | 'sourceError'
    | 'unattended' // control lapsed for longer than resumeWithin
    | 'trafficMismatch' // the split could not be written or read back
    | 'command'; // a person
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
  /** What the approvers look at. */
  planHash: string;
  evidenceHash: string;
  needs: { count: number; roles: readonly string[]; fourEyes: boolean };
  given: GivenApproval[];
  askedAt: string;
  escalated: boolean;
}

/** A (phase, cohort) as the workflow holds it and as `cohort_run.run` stores it. Plain JSON. */
export interface CohortRun {
  cohort: string;
  status: CohortStatus;
  /** Index of the ramp step that arrivals are at; -1 before the first. The ramp's length while soaking. */
  step: number;
  /** The split's epoch as last written or read back; 0 before there is one. */
  epoch: number;
  /** Share of arrivals, in buckets, as last read back. */
  share: number;
  /** Number of this attempt: 1, and one more with each start after a rollback. */
  attempt: number;
  /** Grows with each transition. */
  revision: number;
  /** What is waited for from people. */
  request?: ApprovalRequest;
  because?: Because;
  /** The rollback under way or last done. */
  rollback?: { scope: RollbackScope; by: Actor | 'gate'; because: string; startedAt: string };
  /** While paused or held: the step to go on with. */
  resumeAt?: number;
  changedAt: string;
}
