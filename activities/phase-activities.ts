import type { PreflightCheck, WatchEnd } from '../domain/phase/cohort-event';
import type { CohortRun } from '../domain/phase/cohort-run';
import type { PhaseRules } from '../domain/phase/phase-rules';
import type { Recorded } from '../domain/phase/transition';
import type { MigrationRun, PlanNeeds } from '../domain/migration/migration-run';
import type { MigrationRollbackAction, RollbackAction } from '../domain/rollback/rollback-action';
import type { RollbackScope } from '../domain/plan/plan-schema';
import type { Milliseconds } from '../domain/time/duration';
import type { Notice } from './notify/notifier';
import type { SplitKey } from './traffic/traffic-router';

export interface PreflightReport {
  ok: boolean;
  /** Every check, whether it passed, and what it found. */
  checks: PreflightCheck[];
  /** What to mend, all at once. Empty where `ok`. */
  failures: string[];
  /** Over the checks and what they found, without times: the same findings give the same hash. */
  evidenceHash: string;
  /** The split's epoch after the way back was rehearsed at zero percent. */
  epoch: number;
}

export interface ShiftTraffic extends SplitKey {
  expectedEpoch: number;
  /** Buckets. */
  share: number;
  perDay: number | null;
  /** Units that may be open on target at once. */
  maxOpen: number | null;
  lease: Milliseconds;
  newAttempt: boolean;
  /** R48: ISO time from which on nothing is raised, since the calendar is closed. */
  notAfter?: string;
  /** Where a lapse of control is mended: how long ago the lease may have run out at most. */
  restoreWithin?: Milliseconds;
}

export interface LowerTraffic extends SplitKey {
  /** Where arrivals wait from now on, in buckets. */
  share: number;
  /** Units that may be open on target at once; a cap in force that is lower stays. */
  maxOpen: number | null;
  cause: 'lowered' | 'rollback';
  /** Whether people are moved back next, so that nobody new is placed on target. */
  returning: boolean;
  lease: Milliseconds;
  newAttempt: boolean;
}

export interface SplitNow {
  epoch: number;
  /** Buckets. */
  share: number;
}

export interface WatchStep extends SplitKey {
  planHash: string;
  epoch: number;
  attempt: number;
  /** Index in the ramp; its length for the soak. */
  step: number;
  /** How long to look before the step can be done, in wall-clock milliseconds. */
  watchMs: Milliseconds;
  until: 'stepDone' | 'limitCrossed';
  timeScale: number;
}

export interface RollbackOf extends SplitKey {
  planHash: string;
  /** `RollbackRun.id`. */
  rollback: string;
  scope: RollbackScope;
  /** Whether a person asked for everyone who may come back, whatever the plan says of them. */
  byHand?: true;
  from: number;
  to: number;
}

export interface RecordTransition {
  migration: string;
  phase: string;
  planHash: string;
  /** The same for every attempt of this activity; another for each transition. */
  onceKey: string;
  run: CohortRun;
  recorded: Recorded[];
}

export interface RecordMigration {
  migration: string;
  planHash: string;
  /** The same for every attempt of this activity; another for each transition. */
  onceKey: string;
  run: MigrationRun;
  recorded: Recorded[];
}

export interface MigrationRollbackOf {
  migration: string;
  planHash: string;
  /** `<migration>/<revision>` */
  rollback: string;
}

/** One version of a migration's plan, and the one that would follow it, by their hashes. */
export interface PlanChangeOf {
  migration: string;
  from: string;
  to: string;
}

/** A version that people agreed on. */
export interface PlanAdoptionOf extends PlanChangeOf {
  /** Its number. */
  version: number;
  /** Actors' ids. */
  proposedBy: string;
  approvedBy: string;
  reason?: string;
}

export interface JudgedPlan {
  /** What stands in its way, one by one. Empty where nothing does. */
  refused: string[];
  needs: PlanNeeds;
  /** The rules of each phase by the new version, in its order. */
  phases: PhaseRules[];
}

/** What the phase engine asks of the world. Each may be repeated with the same arguments. */
export interface PhaseActivities {
  /** Makes the split at share zero where there is none, and gives its epoch. */
  openSplit(split: SplitKey & { lease: Milliseconds }): Promise<SplitNow>;
  /**
   * R48: when the phase may advance by its calendar, as an ISO time, null where that is now; and until when, null where it closes never.
   */
  findOpening(of: {
    migration: string;
    phase: string;
    planHash: string;
  }): Promise<{ opensAt: string | null; closesAt: string | null }>;
  /** @param of.calendar the one that the phase goes on by; absent where it goes on at any hour, whatever its plan says */
  runPreflight(of: SplitKey & { planHash: string; calendar?: string }): Promise<PreflightReport>;
  /**
   * Compare-and-set on the epoch, then read back. @throws `stale-epoch` (another epoch is there), `restore-too-late` (details:
   * SplitNow), `traffic-mismatch` (read back otherwise than written; retried)
   */
  shiftTraffic(shift: ShiftTraffic): Promise<SplitNow>;
  /** Whatever the split's epoch: lowering is always allowed. Writes a new epoch even where the share is there already. */
  lowerTraffic(lower: LowerTraffic): Promise<SplitNow>;
  /** @throws `stale-epoch`, `not-committable` */
  commitTraffic(
    commit: SplitKey & { expectedEpoch: number; lease: Milliseconds; notAfter?: string },
  ): Promise<SplitNow>;
  /** Writes the list of what this rollback does, once, and gives it. */
  planRollback(rollback: RollbackOf): Promise<RollbackAction[]>;
  /**
   * Does one of them, and gives the split as it then is; `left` says what it leaves for people, where it does. @throws where it could not; the
   * others go on
   */
  executeRollbackAction(of: RollbackOf & { ordinal: number }): Promise<SplitNow & { left?: string }>;
  recordTransition(transition: RecordTransition): Promise<void>;
  tell(notice: Notice): Promise<void>;
}

/** Long ones, on a task queue of their own with many slots. */
export interface WatchActivities {
  /** Looks at a step about once a second: renews the lease, reads the gates, writes verdict and evidence. Heartbeats. */
  watchStep(watch: WatchStep): Promise<WatchEnd>;
}

export interface MigrationActivities {
  /** The rules of each phase, in the plan's order. An object, so that one that somebody made up can be told from it. */
  loadPhases(of: { migration: string }): Promise<{ phases: PhaseRules[] }>;
  endMigration(of: { migration: string; outcome: string }): Promise<void>;
  recordMigration(transition: RecordMigration): Promise<void>;
  /** Writes the list of what this rollback does besides its phase's part, once, and gives it. */
  planMigrationRollback(rollback: MigrationRollbackOf): Promise<{ actions: MigrationRollbackAction[] }>;
  /** Whether a migration that stands like this can take another version of its plan, who must agree, and the rules of its phases by it. */
  judgePlanChange(change: PlanChangeOf & { ended: string[]; live: string | null }): Promise<JudgedPlan>;
  /** From here on the migration goes by it, for everyone who reads Postgres. */
  adoptPlan(adoption: PlanAdoptionOf): Promise<{ adopted: true }>;
  /** Does one of them. @throws where it could not; the others go on */
  executeMigrationAction(of: MigrationRollbackOf & { ordinal: number }): Promise<void>;
}
