import type { Verdict } from '../gates/verdict';
import type { RollbackScope } from '../plan/plan-schema';
import type { Actor } from './actor';
import type { Because } from './cohort-run';

/** One thing that was checked before a start, and what was found. */
export interface PreflightCheck {
  id: string;
  ok: boolean;
  message: string;
}

/** How a watch ended. */
export type WatchEnd =
  | { kind: 'stepDone'; evidenceHash: string }
  | {
      kind: 'limitCrossed';
      gate: string;
      /** Both numbers in one sentence. */
      message: string;
      /** When the outcome that crossed the limit became final, by the database's clock. */
      newestAt: string | null;
    }
  /** A gate could not see for longer than the plan allows, which pauses the cohort. It never sends anybody back. */
  | { kind: 'blind'; gate: string; verdict: Exclude<Verdict, 'pass' | 'limitCrossed'>; message: string }
  /** The split is no longer at the epoch that was watched. */
  | { kind: 'lapsed'; epoch: number; share: number; lapsedFor: number }
  | { kind: 'superseded'; epoch: number; share: number }
  /** What routes outside could not be made to follow the split within its time. */
  | { kind: 'notRouted'; epoch: number; share: number };

/** All that can happen to a cohort: what activities found, and what people said. */
export type CohortEvent =
  /** By the plan, whose reason it is; or since an earlier phase ended without this cohort. */
  | { kind: 'leftOut'; reason: string; earlierPhase?: undefined }
  | { kind: 'leftOut'; earlierPhase: string }
  | {
      kind: 'preflightDone';
      ok: boolean;
      failures: readonly string[];
      evidenceHash: string;
      epoch: number;
      /** What was looked at, for the audit log. */
      checks?: readonly PreflightCheck[];
    }
  | { kind: 'splitShifted'; epoch: number; share: number }
  | { kind: 'splitLowered'; epoch: number; share: number }
  /** An activity gave up: what it wanted did not happen, as far as it knows. */
  | { kind: 'workFailed'; message: string }
  | { kind: 'restoreTooLate'; epoch: number }
  | { kind: 'watchEnded'; end: WatchEnd }
  | { kind: 'rollbackSettled'; failures: readonly string[]; epoch: number }
  | { kind: 'commitNow'; notAfter?: string }
  | { kind: 'splitCommitted'; epoch: number }
  | { kind: 'escalationDue' }
  /** R48: when its calendar opens, or that it is open now. */
  | { kind: 'opensAt'; at: string }
  | { kind: 'opened'; closesAt?: string }
  /** When it opens could not be found out. */
  | { kind: 'openingUnknown'; message: string }
  /** It closed before the advance under way could be made. */
  | { kind: 'calendarClosed' }
  /** The migration goes by another version of the plan: the rules' `newer`. */
  | { kind: 'planChanged' }
  | { kind: 'cancelled' }
  | { kind: 'approve'; actor: Actor; reason?: string }
  | { kind: 'reject'; actor: Actor; reason?: string }
  | { kind: 'resume'; actor: Actor; reason?: string }
  | { kind: 'pause'; actor: string; verified: boolean; because: Because; reason?: string }
  | { kind: 'abort'; actor: Actor; reason?: string }
  | {
      kind: 'rollback';
      scope: RollbackScope;
      by: string;
      verified: boolean;
      because: string;
      reason?: string;
      /** Whether everyone comes back who may, whatever the plan says of them. */
      byHand?: boolean;
      /** Whether the migration's workflow handed it on, and so knows of it. */
      handedOn?: boolean;
    }
  | { kind: 'signalRefused'; signal: string; actor: string; code: string };
