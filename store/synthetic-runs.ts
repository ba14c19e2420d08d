import type { RunEnd, RunOutcome } from '../domain/synthetic/synthetic-run';
import type { Side } from '../domain/sides/side';
import type { Milliseconds } from '../domain/time/duration';
import type { Database, Queryable } from './database';

/** A cohort whose split takes arrivals to target. */
export interface OpenCohort {
  migration: string;
  phase: string;
  cohort: string;
  /** Of the version that it goes by, which may be older than its migration's. */
  planHash: string;
}

/** Who may meet patients on target now: those of live migrations whose split is above zero, attended to, and not committed. */
export async function openCohorts(connection: Queryable): Promise<OpenCohort[]> {
  const { rows } = await connection.query<OpenCohort & Record<string, unknown>>(
    `SELECT s.migration, s.phase, s.cohort, coalesce(r.run ->> 'planHash', m.plan_hash) AS "planHash"
       FROM split s JOIN migration m ON m.id = s.migration
       LEFT JOIN cohort_run r ON r.migration = s.migration AND r.phase = s.phase AND r.cohort = s.cohort
      WHERE m.state = 'live' AND ${TAKES_ARRIVALS} ORDER BY s.migration, s.phase, s.cohort`,
  );
  return rows;
}

const TAKES_ARRIVALS = `s.mode = 'open' AND s.share > 0 AND s.lease_until > clock_timestamp()`;

/** Whose run it is. */
export interface SyntheticRunOf {
  migration: string;
  phase: string;
  cohort: string;
  gate: string;
  side: Side;
}

export interface WantedRun extends SyntheticRunOf {
  every: Milliseconds;
  /** It has ended by then. */
  longest: Milliseconds;
}

export interface ClaimedRun extends SyntheticRunOf {
  id: string;
}

/** Between the end of a run and its being written down. */
const WRITTEN_WITHIN: Milliseconds = 30_000;

/** What whoever claims has under way already, by migration, and how many of one migration it may have at most. */
export interface FairTurn {
  underWay: ReadonlyMap<string, number>;
  most: number;
}

/**
 * Claims those of the wanted runs whose time has come and that nobody has claimed: of the migration first that has the fewest under way, and of each the longest due.
 * Each gate and side has one run for each moment of its grid, whoever asks, and only while its split takes arrivals. A moment that nobody was there for is left out: what
 * is late is not made up for.
 */
export async function claimRuns(
  db: Database,
  wanted: readonly WantedRun[],
  limit: number,
  { underWay, most }: FairTurn = { underWay: new Map(), most: limit },
): Promise<ClaimedRun[]> {
  if (wanted.length === 0 || limit <= 0) return [];
  const { rows } = await db.query<ClaimedRun & Record<string, unknown>>(
    `WITH wanted AS (
       SELECT w.*, mod(abs(hashtext(concat_ws('/', w.migration, w.phase, w.cohort, w.gate))::bigint), w.every) AS shift
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::float8[], $8::bigint[]) AS w (migration, phase, cohort, gate, side, every, longest, under_way)
         JOIN split s ON s.migration = w.migration AND s.phase = w.phase AND s.cohort = w.cohort AND ${TAKES_ARRIVALS}
     ), due AS (
       SELECT w.*, to_timestamp((floor((extract(epoch FROM clock_timestamp()) * 1000 - w.shift) / w.every) * w.every + w.shift)::float8 / 1000) AS due_at FROM wanted w
     ), turn AS (
       SELECT d.*, d.under_way + row_number() OVER (PARTITION BY d.migration ORDER BY d.due_at, d.phase, d.cohort, d.gate, d.side) AS turn
         FROM due d
        WHERE NOT EXISTS (SELECT FROM synthetic_run r WHERE r.migration = d.migration AND r.phase = d.phase AND r.cohort = d.cohort
                             AND r.gate = d.gate AND r.side = d.side AND r.due_at = d.due_at)
     )
     INSERT INTO synthetic_run (migration, phase, cohort, gate, side, due_at, over_by)
     SELECT t.migration, t.phase, t.cohort, t.gate, t.side, t.due_at, clock_timestamp() + t.longest * interval '1 millisecond'
       FROM turn t WHERE t.turn <= $9 ORDER BY t.turn, t.due_at LIMIT $10
     ON CONFLICT (migration, phase, cohort, gate, side, due_at) DO NOTHING
     RETURNING id, migration, phase, cohort, gate, side`,
    [
      ...(['migration', 'phase', 'cohort', 'gate', 'side'] as const).map((name) => wanted.map((one) => one[name])),
      wanted.map(({ every }) => Math.round(every)),
      wanted.map(({ longest }) => longest + WRITTEN_WITHIN),
      wanted.map(({ migration }) => underWay.get(migration) ?? 0),
      most,
      limit,
    ],
  );
  return rows;
}

/** Writes down how a run ended. What took longer than it may have was given up, and stays lost. */
export async function endRun(connection: Queryable, id: string, { outcome, step, why, status }: RunEnd): Promise<void> {
  await connection.query(
    `UPDATE synthetic_run SET ended_at = clock_timestamp(), outcome = CASE WHEN over_by < clock_timestamp() THEN 'lost' ELSE $2 END,
            step = $3, why = $4, status = $5, took_ms = extract(epoch FROM clock_timestamp() - began_at) * 1000
      WHERE id = $1 AND ended_at IS NULL`,
    [id, outcome, step, why, status],
  );
}

/** Runs of one side that count. */
export interface CountedRuns {
  kept: number;
  missed: number;
  /** When the last of them ended; null where there is none. */
  newestAt: Date | null;
  /** How the latest one ended, whether it counts or not; null where none has. */
  latest: RunOutcome | null;
}

/** What of one side need not be counted again: whatever began before `until` has ended for good. */
export interface SettledRuns {
  /** As Postgres writes it. */
  until: string;
  kept: number;
  missed: number;
  newestAt: Date | null;
}

export type Settled = Partial<Record<Side, SettledRuns>>;

/** What began longer ago than that is committed by now. */
const SETTLED_AFTER: Milliseconds = 60_000;

/**
 * A gate's runs that began at `since` or later. A run counts once all that began before it have ended too: those that are kept end sooner than those that wait
 * for an answer in vain, and would look like more of them than there are. That goes for one that began before `since` too, so that a longer window has all of a shorter one.
 * @param settled of the same gate and `since`, from an earlier count: what it holds is not read again
 */
export async function countRuns(
  connection: Queryable,
  of: Omit<SyntheticRunOf, 'side'>,
  since: Date,
  settled: Settled = {},
): Promise<Record<Side, CountedRuns & { settled: SettledRuns }>> {
  const { rows } = await connection.query<CountedRow>(
    `WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS now)
     SELECT s.side, c.kept, c.missed, c."newestAt", l.outcome AS latest, b.until::text AS until, c."settledKept", c."settledMissed", c."settledNewestAt"
       FROM unnest($6::text[], $7::timestamptz[]) AS s (side, after) CROSS JOIN moment m
      CROSS JOIN LATERAL (
        SELECT min(p.began_at) FILTER (WHERE p.over_by > m.now) AS first, min(p.began_at) AS unsure FROM synthetic_run p
         WHERE p.migration = $1 AND p.phase = $2 AND p.cohort = $3 AND p.gate = $4 AND p.side = s.side AND p.ended_at IS NULL
           AND p.over_by > m.now - $8 * interval '1 millisecond'
      ) u
      CROSS JOIN LATERAL (SELECT greatest(s.after, least(u.unsure, m.now - $8 * interval '1 millisecond')) AS until) b
      CROSS JOIN LATERAL (
        SELECT (count(*) FILTER (WHERE r.outcome = 'kept'))::float8 AS kept, (count(*) FILTER (WHERE r.outcome = 'missed'))::float8 AS missed,
               max(r.ended_at) FILTER (WHERE r.outcome IN ('kept', 'missed')) AS "newestAt",
               (count(*) FILTER (WHERE r.outcome = 'kept' AND r.began_at < b.until))::float8 AS "settledKept",
               (count(*) FILTER (WHERE r.outcome = 'missed' AND r.began_at < b.until))::float8 AS "settledMissed",
               max(r.ended_at) FILTER (WHERE r.outcome IN ('kept', 'missed') AND r.began_at < b.until) AS "settledNewestAt"
          FROM synthetic_run r
         WHERE r.migration = $1 AND r.phase = $2 AND r.cohort = $3 AND r.gate = $4 AND r.side = s.side AND r.began_at >= s.after
           AND r.ended_at IS NOT NULL AND (u.first IS NULL OR r.began_at < u.first)
      ) c
       LEFT JOIN LATERAL (
        SELECT r.outcome FROM synthetic_run r
         WHERE r.migration = $1 AND r.phase = $2 AND r.cohort = $3 AND r.gate = $4 AND r.side = s.side AND r.began_at >= $5
           AND r.ended_at IS NOT NULL AND (u.first IS NULL OR r.began_at < u.first) AND r.outcome <> 'lost'
         ORDER BY r.began_at DESC LIMIT 1
      ) l ON true`,
    [
      ...[of.migration, of.phase, of.cohort, of.gate, since],
      SIDES,
      SIDES.map((side) => settled[side]?.until ?? since.toISOString()),
      SETTLED_AFTER,
    ],
  );
  const on = (side: Side): CountedRuns & { settled: SettledRuns } => {
    const row = rows.find((one) => one.side === side);
    if (row === undefined) throw new Error('There is a row for each side.');
    const before = settled[side] ?? { kept: 0, missed: 0, newestAt: null };
    return {
      kept: before.kept + row.kept,
      missed: before.missed + row.missed,
      newestAt: later(before.newestAt, row.newestAt),
      latest: row.latest,
      settled: {
        until: row.until,
        kept: before.kept + row.settledKept,
        missed: before.missed + row.settledMissed,
        newestAt: later(before.newestAt, row.settledNewestAt),
      },
    };
  };
  return { target: on('target'), legacy: on('legacy') };
}

interface CountedRow extends CountedRuns, Record<string, unknown> {
  side: Side;
  until: string;
  settledKept: number;
  settledMissed: number;
  settledNewestAt: Date | null;
}

const SIDES: readonly Side[] = ['target', 'legacy'];

function later(one: Date | null, other: Date | null): Date | null {
  return one === null || (other !== null && other > one) ? other : one;
}

/** Counted runs are kept for as long as their attempt is under way, others for so long. */
export const RUNS_KEPT: Milliseconds = 30 * 86_400_000;
const REMOVED_AT_ONCE = 5_000;

/**
 * Removes what no gate counts any more and nobody looks at, and says of runs that nobody ended that they are lost. Gives how many were removed; there may be
 * more where it is REMOVED_AT_ONCE.
 */
export async function tidyRuns(db: Database): Promise<number> {
  await db.query(
    `UPDATE synthetic_run SET ended_at = clock_timestamp(), outcome = 'lost', why = 'stopped'
      WHERE ended_at IS NULL AND over_by < clock_timestamp()`,
  );
  const { rowCount } = await db.query(
    `DELETE FROM synthetic_run WHERE id IN (
       SELECT r.id FROM synthetic_run r
        WHERE r.began_at < clock_timestamp() - $1 * interval '1 millisecond'
          AND NOT EXISTS (
            SELECT FROM split s JOIN migration m ON m.id = s.migration AND m.state = 'live'
              JOIN split_change c ON c.migration = s.migration AND c.phase = s.phase AND c.cohort = s.cohort AND c.epoch = s.attempt_epoch
             WHERE s.migration = r.migration AND s.phase = r.phase AND s.cohort = r.cohort AND s.mode = 'open' AND c.changed_at <= r.began_at)
        LIMIT $2)`,
    [RUNS_KEPT, REMOVED_AT_ONCE],
  );
  return rowCount ?? 0;
}
