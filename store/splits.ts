import { DatabaseError } from 'pg';
import type { LeaseRenewal, ObservedSplit, SplitChange, SplitKey } from '../activities/traffic/traffic-router';
import { DomainError } from '../domain/domain-error';
import { isRaise, judgeSplitChange, type SplitContent } from '../domain/sides/judge-split-change';
import { PLACING_LIMIT } from '../domain/sides/placing-limit';
import { StaleEpoch } from '../domain/sides/stale-epoch';
import type { Milliseconds } from '../domain/time/duration';
import { unreachable } from '../domain/unreachable';
import { isSomebodyInLimbo } from './api-processes';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { letCohortGoOn } from './go-on';
import { refuseWhileHeld } from './migration-holds';
import {
  changeKey,
  holdSplit,
  putIntoForce,
  readSplitRow,
  readSplitRows,
  readSplitRowsOf,
  recordChange,
  renewFreeRows,
  type HeldSplit,
} from './split-rows';

const TRAFFIC = 'system:traffic';
const SWEEPER = 'system:sweeper';

/** A change of a split that was never opened. */
export class UnknownSplit extends DomainError {
  readonly code = 'unknown-split';
  readonly status = 404;
  constructor() {
    super('This cohort has no split yet. Open it at zero, then change it.');
  }
}

/** A change of a split past its point of no return. */
export class SplitCommitted extends DomainError {
  readonly code = 'split-committed';
  readonly status = 409;
  constructor() {
    super(
      'This cohort is committed: everyone is on target for good. Going back now is a reverse cutover, not a rollback.',
    );
  }
}

/** A lowering to more than what is in force: the split fell in the meantime, to what its plan declares for a lost control. */
export class LoweringWouldRaise extends DomainError {
  readonly code = 'lowering-would-raise';
  readonly status = 409;
  constructor() {
    super(
      'The split is below that already. Look again, then lower it from where it is, or raise it with evidence and approval.',
    );
  }
}

/** A commit while a process may be answering on its own. */
export class ProcessInLimbo extends DomainError {
  readonly code = 'process-in-limbo';
  readonly status = 409;
  override readonly retryable = true;
  constructor() {
    super(
      'An API process that may be answering on its own is not heard of, so this cannot be committed yet. See `handoff processes`: bring it back or declare it dead, then approve again.',
    );
  }
}

/** Opens a split at share zero, epoch 1. One that is there already stays as it is. Gives what is there. */
export async function createSplit(db: Database, split: SplitKey & { lease: Milliseconds }): Promise<ObservedSplit> {
  const { migration, phase, cohort } = split;
  return db.transaction(async (connection) => {
    const { rows } = await connection.query<{ planHash: string }>(
      `INSERT INTO split (migration, phase, cohort, share, epoch, mode, lease_ms, attempt_epoch)
       VALUES ($1, $2, $3, 0, 1, 'open', $4, 1)
       ON CONFLICT (migration, phase, cohort) DO NOTHING
       RETURNING (SELECT plan_hash FROM migration WHERE id = $1) AS "planHash"`,
      [migration, phase, cohort, split.lease],
    );
    const opened = await readSplitRow(connection, split);
    if (opened === undefined) throw new UnknownSplit();
    if (rows[0] === undefined) return opened;
    await recordChange(connection, opened, 'created', null);
    await appendAudit(connection, {
      migration,
      phase,
      cohort,
      actor: TRAFFIC,
      verified: true,
      action: 'split.created',
      planHash: rows[0].planHash,
      evidence: { epoch: 1, to: { share: 0, perDay: null, maxOpen: null, mode: 'open' } },
      onceKey: changeKey(opened),
    });
    return opened;
  });
}

/** The split as it is now; undefined where it was never opened. */
export async function readSplit(connection: Queryable, key: SplitKey): Promise<ObservedSplit | undefined> {
  return readSplitRow(connection, key);
}

/** Every split of a migration, by phase and cohort. */
export async function splitsOf(connection: Queryable, migration: string): Promise<ObservedSplit[]> {
  return readSplitRows(connection, migration);
}

/**
 * Compare-and-set on the epoch. Waits for placements under way, so that once it has answered none is made under an older epoch (I2).
 * Repeating a write that is in force gives the same answer.
 * @throws StaleEpoch where another epoch is in force, or where this one is over because its lease ran out (then its fallback is
 * written down first, and the error names that epoch); UnknownSplit; SplitCommitted; LoweringWouldRaise; MigrationHeld where it would
 * raise a split of a migration that is held; ProcessInLimbo where it would commit while one is
 */
export async function changeSplit(db: Database, change: SplitChange): Promise<ObservedSplit> {
  const { expectedEpoch, share, perDay, maxOpen = null, mode, lease, cause, newAttempt = false, command } = change;
  const content = { share, perDay, maxOpen, mode, cause, lease, newAttempt };
  const wanted: SplitContent = command === undefined ? content : { ...content, command };
  // The fallback of a lapsed epoch must be committed although the change is refused: so refusals come out as values.
  const outcome = await db.transaction(async (connection) => {
    const held = await holdSplit(connection, change);
    if (held === undefined) return new UnknownSplit();
    const judgement = judgeSplitChange(held, expectedEpoch, wanted);
    switch (judgement) {
      case 'apply':
        // Looked at while the split is held: nobody is let through who read the migration before it was held.
        if (isRaise(wanted.cause)) {
          const refused = await refuseWhileHeld(connection, change.migration);
          if (refused !== undefined) return refused;
        }
        if (cause === 'raised' && share > 0) await letCohortGoOn(connection, change, held.planHash);
        // A process in limbo may not know of the commit, and be telling people 'legacy' for whom 'target' is right from here on.
        if (wanted.mode === 'committed' && (await isSomebodyInLimbo(connection))) return new ProcessInLimbo();
        return putIntoForce(connection, change, held, wanted, TRAFFIC);
      case 'repeat':
        return (await readSplitRow(connection, change)) ?? new UnknownSplit();
      case 'stale':
        return new StaleEpoch(expectedEpoch, held.epoch);
      case 'lapseFirst':
        return new StaleEpoch(expectedEpoch, (await lapse(connection, change, held, TRAFFIC)).epoch);
      case 'committed':
        return new SplitCommitted();
      case 'wouldRaise':
        return new LoweringWouldRaise();
      default:
        return unreachable(judgement);
    }
  });
  if (outcome instanceof DomainError) throw outcome;
  return outcome;
}

/** Of each, in the order of the keys; undefined where it was never opened. */
export async function readSplits(
  connection: Queryable,
  keys: readonly SplitKey[],
): Promise<(ObservedSplit | undefined)[]> {
  return readSplitRowsOf(connection, keys);
}

/**
 * Lets the lease end `lease` after the proof of life was taken (I4: a watcher that was paused in between extends nothing). Only while
 * the epoch is in force and its lease has not run out; never shortens it. Gives what is there after that, undefined where nothing is.
 * @param renewal `provenAt` is by the database's clock
 */
export async function renewLease(db: Database, renewal: LeaseRenewal): Promise<ObservedSplit | undefined> {
  return db.transaction((connection) => renew(connection, renewal));
}

/**
 * The same of many; what is there comes in their order. Those that nobody holds are renewed in one statement. Each of the others is waited for by itself, so that no
 * split is ever held while another is waited for; one that cannot be had in time stays as it is, and its lease as long as it was: the next renewal is its own.
 * @param renewals each split once
 */
export async function renewLeases(
  db: Database,
  renewals: readonly LeaseRenewal[],
): Promise<(ObservedSplit | undefined)[]> {
  const splits = await renewFreeRows(db, renewals);
  const waiting = renewals.entries();
  const renewNext = async (): Promise<void> => {
    for (const [place, renewal] of waiting) splits[place] ??= await renewInTime(db, renewal);
  };
  await Promise.all(Array.from({ length: RENEWALS_AT_ONCE }, renewNext));
  return splits;
}

/** Of those that are waited for: so that one does not keep the others up. */
const RENEWALS_AT_ONCE = 4;
const LOCK_NOT_AVAILABLE = '55P03';

async function renewInTime(db: Database, renewal: LeaseRenewal): Promise<ObservedSplit | undefined> {
  try {
    return await db.transaction(async (connection) => {
      await waitAtMost(connection, PLACING_LIMIT);
      return renew(connection, renewal);
    });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
    return readSplitRow(db, renewal);
  }
}

async function renew(connection: Queryable, renewal: LeaseRenewal): Promise<ObservedSplit | undefined> {
  const held = await holdSplit(connection, renewal);
  if (held === undefined) return undefined;
  if (held.epoch === renewal.epoch && held.leaseUntil !== null && !held.unattended) {
    await connection.query(
      `UPDATE split SET lease_until = greatest(lease_until, least($4::timestamptz, clock_timestamp()) + $5 * interval '1 millisecond')
        WHERE migration = $1 AND phase = $2 AND cohort = $3`,
      [renewal.migration, renewal.phase, renewal.cohort, renewal.provenAt, renewal.lease],
    );
  }
  return readSplitRow(connection, renewal);
}

/**
 * Writes down the fallback of every open split whose lease has run out: share zero, a new epoch. Any number of sweepers may do it.
 * Gives those that this call wrote.
 */
export async function lapseExpiredSplits(db: Database): Promise<ObservedSplit[]> {
  const { rows: candidates } = await db.query<SplitKey & Record<string, string>>(
    `SELECT migration, phase, cohort FROM split
      WHERE mode = 'open' AND share > 0 AND lease_until <= clock_timestamp() ORDER BY lease_until`,
  );
  const lapsed: ObservedSplit[] = [];
  for (const key of candidates) {
    const split = await db.transaction(async (connection) => {
      const held = await holdSplit(connection, key);
      const over = held !== undefined && held.unattended && held.mode === 'open';
      return over ? lapse(connection, key, held, SWEEPER) : undefined;
    });
    if (split !== undefined) lapsed.push(split);
  }
  return lapsed;
}

/** One split that could not be lowered does not keep the others up. */
export interface StoppedSplits {
  /** As they are now: at zero, in a new epoch. */
  lowered: ObservedSplit[];
  /** Those that could not be reached in time; their leases still end them. Repeat the call. */
  failed: (SplitKey & { error: unknown })[];
}

/**
 * Lowers every split of every live migration that is above zero, or just rising, to zero, each as a new epoch, with who did it in the audit log. Never a committed one;
 * one whose people are being moved back takes nobody already, and goes on with that. Each is a transaction of its own: whoever is
 * placed meanwhile is waited for no longer than for any change. Repeating it finds nothing left to lower.
 */
export async function lowerAllOpenSplits(
  db: Database,
  { cause, actor, reason }: { cause: 'stopped'; actor: string; reason?: string },
): Promise<StoppedSplits> {
  // One that is just being raised is at zero still: a new epoch is what keeps that write from taking effect.
  const { rows: candidates } = await db.query<SplitKey & { rising: boolean }>(
    `SELECT s.migration, s.phase, s.cohort, coalesce(r.run ->> 'status' = 'shifting', false) AS rising
       FROM split s JOIN migration m ON m.id = s.migration
       LEFT JOIN cohort_run r ON r.migration = s.migration AND r.phase = s.phase AND r.cohort = s.cohort
      WHERE m.state = 'live' AND s.mode = 'open' AND (s.share > 0 OR r.run ->> 'status' = 'shifting')
      ORDER BY s.migration, s.phase, s.cohort`,
  );
  const stopped: StoppedSplits = { lowered: [], failed: [] };
  const waiting = candidates.values();
  const lowerNext = async (): Promise<void> => {
    for (const { migration, phase, cohort, rising } of waiting) {
      const key = { migration, phase, cohort };
      try {
        const split = await db.transaction((connection) => stop(connection, key, { cause, actor, reason, rising }));
        if (split !== undefined) stopped.lowered.push(split);
      } catch (error) {
        stopped.failed.push({ ...key, error });
      }
    }
  };
  await Promise.all(Array.from({ length: STOPS_AT_ONCE }, lowerNext));
  return stopped;
}

/** So that one that is held does not keep the others up. */
const STOPS_AT_ONCE = 4;
/** How long one is waited for: longer than any placement may take, which is all that usually holds a split. */
const STOP_WAITS: Milliseconds = 2 * PLACING_LIMIT;

/** How long this transaction waits for a lock. */
async function waitAtMost(connection: Queryable, time: Milliseconds): Promise<void> {
  await connection.query(`SELECT set_config('lock_timeout', $1, true)`, [String(time)]);
}

/** undefined: it came to zero, or was committed, before it could be held. */
async function stop(
  connection: Queryable,
  key: SplitKey,
  { cause, actor, reason, rising }: { cause: 'stopped'; actor: string; reason: string | undefined; rising: boolean },
): Promise<ObservedSplit | undefined> {
  await waitAtMost(connection, STOP_WAITS);
  const held = await holdSplit(connection, key);
  if (held?.mode !== 'open' || (held.share === 0 && !rising)) return undefined;
  const { lease } = held.content;
  const zero: SplitContent = { share: 0, perDay: null, maxOpen: null, mode: 'open', cause, lease, newAttempt: false };
  return putIntoForce(connection, key, held, zero, actor, reason);
}

/** No later phase lapses with it (I14): none starts before this one is committed, and whoever comes from legacy is found where a side is written. */
async function lapse(connection: Queryable, key: SplitKey, held: HeldSplit, actor: string): Promise<ObservedSplit> {
  const { mode, content } = held;
  const fallback: SplitContent = {
    share: 0,
    perDay: null,
    maxOpen: null,
    mode,
    cause: 'lapsed',
    lease: content.lease,
    newAttempt: false,
  };
  return putIntoForce(connection, key, held, fallback, actor);
}

export interface Lapse {
  /** The epoch of the fallback. */
  epoch: number;
  /** When the lease ran out. */
  leaseEndedAt: Date;
  /** How long ago that was by the database's clock, in milliseconds. */
  lapsedFor: Milliseconds;
}

/** Whether `epoch` ended because its lease ran out, and when; undefined where it did not, or where that is not written down yet. */
export async function readLapse(connection: Queryable, key: SplitKey, epoch: number): Promise<Lapse | undefined> {
  const { rows } = await connection.query<{ epoch: number; leaseEndedAt: Date; lapsedFor: number }>(
    `SELECT epoch::float8 AS epoch, lease_ended_at AS "leaseEndedAt",
            greatest(0, extract(epoch FROM clock_timestamp() - lease_ended_at) * 1000)::float8 AS "lapsedFor"
       FROM split_change
      WHERE migration = $1 AND phase = $2 AND cohort = $3 AND epoch = $4::bigint + 1 AND cause = 'lapsed' AND lease_ended_at IS NOT NULL`,
    [key.migration, key.phase, key.cohort, epoch],
  );
  return rows[0];
}
