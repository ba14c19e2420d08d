import type { ApprovalRequest } from '../phase/cohort-run';
import type { Role } from '../plan/journey';
import type { Milliseconds } from '../time/duration';

/** Where a migration stands as a whole; what its phases do stands with them. */
export const MIGRATION_STATUSES = [
  'running', // a phase is under way
  'dwelling', // a phase is committed, and is watched for its dwell before the next may start
  'paused', // a person stopped it: no phase starts
  'rolledBack', // taken back as far as it can be: no phase starts
] as const;
export type MigrationRunStatus = (typeof MIGRATION_STATUSES)[number];

/** Why a migration is held. */
export interface HeldBecause {
  /** An actor's id, or `gate:<id>`. */
  by: string;
  verified: boolean;
  /** The sentence that people read. */
  message: string;
}

/** Who has to agree to a version of the plan. */
export interface PlanNeeds {
  /** Any of these roles. */
  roles: readonly Role[];
  /** Whether whoever proposed it does not count. */
  fourEyes: boolean;
}

/** A version of the plan that waits for people. */
export interface PlanProposal {
  planHash: string;
  /** The version that it would follow: the one in force. */
  from: string;
  /** An actor's id. */
  by: string;
  at: string;
  needs: PlanNeeds;
}

/** A migration as its workflow holds it and as `migration.progress` stores it. Plain JSON. */
export interface MigrationRun {
  status: MigrationRunStatus;
  /** The phase under way, or the last one that was; null before the first. */
  phase: string | null;
  /** When the next phase may start, ISO; null unless it dwells. */
  dwellUntil: string | null;
  /** What is left of a dwell that is held, in wall-clock time; null where none is. */
  dwellLeft: Milliseconds | null;
  /** Why it is held, and what it takes to go on; absent where it is not. */
  because?: HeldBecause;
  request?: ApprovalRequest;
  /** Number of the version of the plan that it goes by; absent for the one that it was started with, which is 1. */
  planVersion?: number;
  proposal?: PlanProposal;
  /** Number of the latest hold in Postgres that it was told of; 0 for none. */
  heard: number;
  /** Grows with each transition. */
  revision: number;
  changedAt: string;
}

/** The migration before its first phase. @param now ISO time */
export function newMigrationRun(now: string): MigrationRun {
  return { status: 'running', phase: null, dwellUntil: null, dwellLeft: null, heard: 0, revision: 1, changedAt: now };
}

/** Whether no phase may start and no dwell counts. */
export function isHeld({ status }: MigrationRun): boolean {
  return status === 'paused' || status === 'rolledBack';
}
