import type { LeaseRenewal, ObservedSplit, SplitKey } from '../activities/traffic/traffic-router';
import type { JudgedSplit, SplitCause, SplitContent } from '../domain/sides/judge-split-change';
import { PLACING_LIMIT } from '../domain/sides/placing-limit';
import type { SplitMode } from '../domain/sides/split-mode';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Queryable } from './database';

/** As the database has it now; `lapsed` and `lapsedFor` are by its clock. */
const OBSERVED = `migration, phase, cohort, epoch::float8 AS epoch, share, per_day AS "perDay", max_open AS "maxOpen", mode, lease_until AS "leaseUntil",
  coalesce(lease_until <= clock_timestamp(), false) AS lapsed,
  greatest(0, coalesce(extract(epoch FROM clock_timestamp() - lease_until) * 1000, 0))::float8 AS "lapsedFor",
  attempt_epoch::float8 AS "attemptEpoch", changed_at AS "changedAt", command`;

export async function readSplitRow(connection: Queryable, key: SplitKey): Promise<ObservedSplit | undefined> {
  const { rows } = await connection.query<ObservedSplit>(
    `SELECT ${OBSERVED} FROM split WHERE migration = $1 AND phase = $2 AND cohort = $3`,
    [key.migration, key.phase, key.cohort],
  );
  return rows[0];
}

/** Of each, in the order of the keys. */
export async function readSplitRowsOf(
  connection: Queryable,
  keys: readonly SplitKey[],
): Promise<(ObservedSplit | undefined)[]> {
  if (keys.length === 0) return [];
  const { rows } = await connection.query<ObservedSplit & { place: number }>(
    `SELECT i.place::integer AS place, ${OBSERVED}
       FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS i (migration, phase, cohort, place)
       JOIN split USING (migration, phase, cohort)`,
    splitKeyColumns(keys),
  );
  return inPlace(keys.length, rows);
}

/**
 * Renews those whose rows nobody holds, all in one statement and each by the rules of `renewLease`, and gives what is there after that, in their order. Those that
 * somebody holds are left as they are, and undefined, as those that are not there: nobody who places a unit ever waits for another's split.
 * @param renewals each split once
 */
export async function renewFreeRows(
  connection: Queryable,
  renewals: readonly LeaseRenewal[],
): Promise<(ObservedSplit | undefined)[]> {
  if (renewals.length === 0) return [];
  const { rows } = await connection.query<ObservedSplit & { place: number }>(
    `WITH held AS MATERIALIZED (
       SELECT s.*, i.epoch AS renewed_epoch, i.lease AS renewed_lease, i.proven_at, i.place
         FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::float8[], $6::timestamptz[])
                WITH ORDINALITY AS i (migration, phase, cohort, epoch, lease, proven_at, place)
         JOIN split s ON s.migration = i.migration AND s.phase = i.phase AND s.cohort = i.cohort
          FOR NO KEY UPDATE OF s SKIP LOCKED
     ), renewed AS (
       UPDATE split s
          SET lease_until = greatest(s.lease_until, least(h.proven_at, clock_timestamp()) + h.renewed_lease * interval '1 millisecond')
         FROM held h
        WHERE s.migration = h.migration AND s.phase = h.phase AND s.cohort = h.cohort
          AND s.epoch = h.renewed_epoch AND s.lease_until > clock_timestamp()
       RETURNING h.place, s.lease_until
     )
     SELECT ${OBSERVED}, place
       FROM (SELECT h.migration, h.phase, h.cohort, h.epoch, h.share, h.per_day, h.max_open, h.mode, h.attempt_epoch, h.changed_at, h.command,
                    coalesce(r.lease_until, h.lease_until) AS lease_until, h.place::integer AS place
               FROM held h LEFT JOIN renewed r USING (place)) s`,
    [
      ...splitKeyColumns(renewals),
      renewals.map(({ epoch }) => epoch),
      renewals.map(({ lease }) => lease),
      renewals.map(({ provenAt }) => provenAt.toISOString()),
    ],
  );
  return inPlace(renewals.length, rows);
}

function inPlace(length: number, rows: readonly (ObservedSplit & { place: number })[]): (ObservedSplit | undefined)[] {
  const splits = Array.from({ length }, (): ObservedSplit | undefined => undefined);
  for (const { place, ...split } of rows) splits[place - 1] = split;
  return splits;
}

function splitKeyColumns(keys: readonly SplitKey[]): string[][] {
  return [keys.map(({ migration }) => migration), keys.map(({ phase }) => phase), keys.map(({ cohort }) => cohort)];
}

export async function readSplitRows(connection: Queryable, migration: string): Promise<ObservedSplit[]> {
  const { rows } = await connection.query<ObservedSplit>(
    `SELECT ${OBSERVED} FROM split WHERE migration = $1 ORDER BY phase, cohort`,
    [migration],
  );
  return rows;
}

/** A split whose row is held until the transaction ends, with what is needed to change it. */
export interface HeldSplit extends JudgedSplit {
  planHash: string;
  perDay: number | null;
  maxOpen: number | null;
  leaseUntil: Date | null;
}

interface HeldRow {
  planHash: string;
  epoch: number;
  share: number;
  perDay: number | null;
  maxOpen: number | null;
  mode: SplitMode;
  lease: Milliseconds;
  leaseUntil: Date | null;
  unattended: boolean;
  cause: SplitCause;
  newAttempt: boolean;
}

/**
 * Takes a split's row for this transaction; undefined where there is no such split.
 *
 * Whoever places a unit holds the row in share mode, and Postgres lets such holders pass a waiting writer: a stream of arrivals could
 * keep a rollback waiting for ever. So both stand in one queue first, the advisory lock; there nobody passes.
 * The clock is read after the row was got, not before the wait for it. A statement of its own waits in the queue, so that the one that
 * reads sees what the writer before it committed: row and history of one epoch.
 */
export async function holdSplit(connection: Queryable, key: SplitKey): Promise<HeldSplit | undefined> {
  const { migration, phase, cohort } = key;
  await connection.query(
    `SELECT set_config('idle_in_transaction_session_timeout', $4, true),
            pg_advisory_xact_lock(hashtextextended(concat_ws('/', $1::text, $2::text, $3::text), 0))`,
    [migration, phase, cohort, String(PLACING_LIMIT)],
  );
  const { rows } = await connection.query<HeldRow>(
    `WITH held AS MATERIALIZED (
       SELECT s.* FROM split s WHERE s.migration = $1 AND s.phase = $2 AND s.cohort = $3 FOR NO KEY UPDATE OF s
     )
     SELECT m.plan_hash AS "planHash", h.epoch::float8 AS epoch, h.share, h.per_day AS "perDay", h.max_open AS "maxOpen", h.mode, h.lease_ms AS lease,
            h.lease_until AS "leaseUntil", coalesce(h.lease_until <= clock_timestamp(), false) AS unattended,
            c.cause, h.attempt_epoch = h.epoch AS "newAttempt"
       FROM held h
       JOIN migration m ON m.id = h.migration
       JOIN split_change c ON c.migration = h.migration AND c.phase = h.phase AND c.cohort = h.cohort AND c.epoch = h.epoch`,
    [migration, phase, cohort],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const { cause, lease, newAttempt, ...split } = row;
  const { share, perDay, maxOpen, mode } = split;
  return { ...split, content: { share, perDay, maxOpen, mode, cause, lease, newAttempt } };
}

/**
 * Puts the next epoch into force: the split, its history, the version of all splits and the audit log, in the transaction that
 * holds the split.
 */
export async function putIntoForce(
  connection: Queryable,
  key: SplitKey,
  held: HeldSplit,
  content: SplitContent,
  actor: string,
  reason?: string,
): Promise<ObservedSplit> {
  const { rows } = await connection.query<ObservedSplit>(
    `UPDATE split SET epoch = epoch + 1, share = $4::integer, per_day = $5, max_open = $10, mode = $6, lease_ms = $7::integer,
            lease_until = CASE WHEN $4::integer = 0 OR $6 = 'committed' THEN NULL ELSE clock_timestamp() + $7::integer * interval '1 millisecond' END,
            attempt_epoch = CASE WHEN $8 THEN epoch + 1 ELSE attempt_epoch END, changed_at = clock_timestamp(), command = $11
      WHERE migration = $1 AND phase = $2 AND cohort = $3 AND epoch = $9
      RETURNING ${OBSERVED}`,
    [
      key.migration,
      key.phase,
      key.cohort,
      content.share,
      content.perDay,
      content.mode,
      content.lease,
      content.newAttempt,
      held.epoch,
      content.maxOpen,
      content.command ?? null,
    ],
  );
  const split = rows[0];
  if (split === undefined) throw new Error('A split changed while its row was held.');
  await recordChange(connection, split, content.cause, held.unattended ? held.leaseUntil : null);
  await appendAudit(connection, {
    migration: key.migration,
    phase: key.phase,
    cohort: key.cohort,
    actor,
    verified: true,
    action: `split.${content.cause}`,
    ...(reason !== undefined && { reason }),
    planHash: held.planHash,
    evidence: {
      epoch: split.epoch,
      from: {
        share: held.share,
        perDay: held.perDay,
        maxOpen: held.maxOpen,
        mode: held.mode,
        unattended: held.unattended,
      },
      to: { share: split.share, perDay: split.perDay, maxOpen: split.maxOpen, mode: split.mode },
    },
    onceKey: changeKey(split),
  });
  return split;
}

/** Adds the epoch in force to the history and raises the version of all splits. The version comes last: its row is everyone's. */
export async function recordChange(
  connection: Queryable,
  key: SplitKey,
  cause: SplitCause,
  leaseEndedAt: Date | null,
): Promise<void> {
  await connection.query(
    `INSERT INTO split_change (migration, phase, cohort, epoch, share, per_day, max_open, mode, cause, changed_at, lease_ended_at)
     SELECT migration, phase, cohort, epoch, share, per_day, max_open, mode, $4, changed_at, $5
       FROM split WHERE migration = $1 AND phase = $2 AND cohort = $3`,
    [key.migration, key.phase, key.cohort, cause, leaseEndedAt],
  );
  await connection.query(
    `UPDATE split SET version = raise_sides_version(), returned_epoch = CASE WHEN mode = 'returning' THEN epoch ELSE returned_epoch END
      WHERE migration = $1 AND phase = $2 AND cohort = $3`,
    [key.migration, key.phase, key.cohort],
  );
}

export function changeKey({ phase, cohort, epoch }: ObservedSplit): string {
  return `split:${phase}:${cohort}:${epoch}`;
}
