import type { Attribution } from '../domain/handoffs/attribution';
import type { Outcome } from '../domain/handoffs/match-handoffs';
import type { EventReference, ExceptionWhy } from '../domain/status/exception-page';
import { PREPARED, type Queryable } from './database';
import { wholeMilliseconds } from './sql-time';
import { sentRows } from './sent-rows';

export interface JourneyKey {
  migration: string;
  journey: string;
}

/** A row of handoff_occurrence; times in milliseconds since 1970. */
export interface OccurrenceRow extends JourneyKey {
  id: string;
  handoff: string;
  ordinal: number;
  subject: string;
  startedAt: number;
  deadlineAt: number;
  outcome: Outcome | null;
  endedAt: number | null;
  final: boolean;
  recoveredAt: number | null;
  repeated: number;
  pausedSince: number | null;
  /** How many. */
  secondEnds: number;
}

export interface OccurrenceToWrite extends Omit<OccurrenceRow, 'id'>, Attribution {
  phase: string;
  why: ExceptionWhy | null;
  recoveredBy: EventReference | null;
  /** From when its outcome may be counted for a gate; null while it is not final. */
  maturesAt: number | null;
}

/** What is written of an occurrence, and what it counts for. */
export type WrittenRow = OccurrenceRow & Attribution & { phase: string };

export interface HandoffKey extends JourneyKey {
  handoff: string;
}

/**
 * The occurrences of some handoffs in some journeys, in order of their ordinals. OFFSET 0 keeps the planner on the index: of some hundred keys
 * it would read the whole table.
 */
export async function readOccurrences(connection: Queryable, keys: readonly HandoffKey[]): Promise<WrittenRow[]> {
  if (keys.length === 0) return [];
  const { rows } = await connection.query<WrittenRow>(
    `SELECT o.id, o.migration, o.journey, o.handoff, o.ordinal, o.subject,
            ${wholeMilliseconds('o.started_at')} AS "startedAt",
            ${wholeMilliseconds('o.deadline_at')} AS "deadlineAt",
            o.outcome, ${wholeMilliseconds('o.ended_at')} AS "endedAt", o.final,
            ${wholeMilliseconds('o.recovered_at')} AS "recoveredAt", o.repeated,
            ${wholeMilliseconds('o.paused_since')} AS "pausedSince", o.second_ends AS "secondEnds",
            o.phase, o.cohort, o.from_side AS side, o.to_side AS "toSide", o.epoch
       FROM unnest($1::text[], $2::text[], $3::text[]) AS i (migration, handoff, journey)
      CROSS JOIN LATERAL (
        SELECT * FROM handoff_occurrence w WHERE w.migration = i.migration AND w.handoff = i.handoff AND w.journey = i.journey OFFSET 0
      ) o
      ORDER BY o.migration, o.journey, o.handoff, o.ordinal`,
    keyColumns(keys),
    PREPARED,
  );
  return rows;
}

export interface WrittenOccurrence {
  id: string;
  migration: string;
  handoff: string;
  journey: string;
  ordinal: number;
}

/**
 * Writes occurrences that were not there when their journeys, which the caller has claimed, were read. Nobody else has written them since, unless a version of the
 * plan matches the handoff by something else than the journey: then all of this fails, and is tried again one by one.
 * @returns those that a case may be opened on
 */
export async function insertOccurrences(
  connection: Queryable,
  rows: readonly OccurrenceToWrite[],
): Promise<WrittenOccurrence[]> {
  if (rows.length === 0) return [];
  const inserted = await connection.query<WrittenOccurrence>(
    `WITH written AS (
       ${INSERT_OCCURRENCES}
       RETURNING id, migration, handoff, journey, ordinal, outcome, second_ends
     )
     SELECT id, migration, handoff, journey, ordinal FROM written WHERE outcome = 'missed' OR second_ends > 0`,
    columnsOf(rows),
    PREPARED,
  );
  return inserted.rows;
}

/** Writes occurrences by their ordinals. I6: one that is final is never touched; it is then missing from the answer. */
export async function writeOccurrences(
  connection: Queryable,
  rows: readonly OccurrenceToWrite[],
): Promise<WrittenOccurrence[]> {
  if (rows.length === 0) return [];
  const written = await connection.query<WrittenOccurrence>(
    `${INSERT_OCCURRENCES}
     ON CONFLICT (migration, handoff, journey, ordinal) DO UPDATE
       SET subject = EXCLUDED.subject, cohort = EXCLUDED.cohort, from_side = EXCLUDED.from_side, epoch = EXCLUDED.epoch, to_side = EXCLUDED.to_side,
           started_at = EXCLUDED.started_at, deadline_at = EXCLUDED.deadline_at, outcome = EXCLUDED.outcome, ended_at = EXCLUDED.ended_at,
           final = EXCLUDED.final, finalized_at = EXCLUDED.finalized_at, recovered_at = EXCLUDED.recovered_at, repeated = EXCLUDED.repeated,
           paused_since = EXCLUDED.paused_since, second_ends = EXCLUDED.second_ends, why = EXCLUDED.why, recovered_by = EXCLUDED.recovered_by,
           matures_at = EXCLUDED.matures_at
       WHERE NOT o.final
     RETURNING id, migration, handoff, journey, ordinal`,
    columnsOf(rows),
    PREPARED,
  );
  return written.rows;
}

const INSERT_OCCURRENCES = `
     INSERT INTO handoff_occurrence AS o (migration, handoff, journey, ordinal, subject, phase, cohort, from_side, epoch, started_at,
                                          deadline_at, outcome, ended_at, final, finalized_at, recovered_at, repeated, to_side,
                                          paused_since, second_ends, why, recovered_by, matures_at)
     SELECT i.migration, i.handoff, i.journey, i.ordinal, i.subject, i.phase, i.cohort, i.from_side, i.epoch, to_timestamp(i.started_at / 1000),
            to_timestamp(i.deadline_at / 1000), i.outcome, to_timestamp(i.ended_at / 1000), i.final, CASE WHEN i.final THEN clock_timestamp() END,
            to_timestamp(i.recovered_at / 1000), i.repeated, i.to_side, to_timestamp(i.paused_since / 1000), i.second_ends, i.why, i.recovered_by,
            to_timestamp(i.matures_at / 1000)
       FROM ${sentRows(
         'migration text, handoff text, journey text, ordinal integer, subject text, phase text, cohort text, from_side text, epoch bigint, started_at float8, ' +
           'deadline_at float8, outcome text, ended_at float8, final boolean, recovered_at float8, repeated integer, to_side text, paused_since float8, ' +
           'second_ends integer, why jsonb, recovered_by jsonb, matures_at float8',
       )} AS i`;

function columnsOf(rows: readonly OccurrenceToWrite[]): unknown[][] {
  return [
    rows.map((row) => row.migration),
    rows.map((row) => row.handoff),
    rows.map((row) => row.journey),
    rows.map((row) => row.ordinal),
    rows.map((row) => row.subject),
    rows.map((row) => row.phase),
    rows.map((row) => row.cohort),
    rows.map((row) => row.side),
    rows.map((row) => row.epoch),
    rows.map((row) => row.startedAt),
    rows.map((row) => row.deadlineAt),
    rows.map((row) => row.outcome),
    rows.map((row) => row.endedAt),
    rows.map((row) => row.final),
    rows.map((row) => row.recoveredAt),
    rows.map((row) => row.repeated),
    rows.map((row) => row.toSide),
    rows.map((row) => row.pausedSince),
    rows.map((row) => row.secondEnds),
    rows.map((row) => jsonOrNull(row.why)),
    rows.map((row) => jsonOrNull(row.recoveredBy)),
    rows.map((row) => row.maturesAt),
  ];
}

/** Takes away what an event that came late shows never to have started: its clock stood still, so that a start repeated the one before. I6: never a final one. */
export async function removeOccurrences(connection: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await connection.query('DELETE FROM handoff_occurrence WHERE id = ANY($1::bigint[]) AND NOT final', [ids]);
}

/** Notes on final occurrences how many ends came once more. */
export async function writeSecondEnds(
  connection: Queryable,
  counts: readonly { occurrence: string; secondEnds: number }[],
): Promise<void> {
  if (counts.length === 0) return;
  await connection.query(
    `UPDATE handoff_occurrence o SET second_ends = i.count
       FROM unnest($1::bigint[], $2::integer[]) AS i (id, count) WHERE o.id = i.id AND o.second_ends < i.count`,
    [counts.map((row) => row.occurrence), counts.map((row) => row.secondEnds)],
  );
}

/** Notes on missed occurrences when their ends came after all. */
export async function writeRecoveries(
  connection: Queryable,
  recovered: readonly { occurrence: string; recoveredAt: number; recoveredBy: EventReference | null }[],
): Promise<void> {
  if (recovered.length === 0) return;
  await connection.query(
    `UPDATE handoff_occurrence o SET recovered_at = i.at, recovered_by = i.by
       FROM unnest($1::bigint[], $2::timestamptz[], $3::jsonb[]) AS i (id, at, by)
      WHERE o.id = i.id AND o.outcome = 'missed' AND o.recovered_at IS NULL`,
    [
      recovered.map((row) => row.occurrence),
      recovered.map((row) => isoOrNull(row.recoveredAt)),
      recovered.map((row) => jsonOrNull(row.recoveredBy)),
    ],
  );
}

/** How many ends closed nothing, where any did. */
export async function readUnmatched(
  connection: Queryable,
  keys: readonly HandoffKey[],
): Promise<(HandoffKey & { count: number })[]> {
  if (keys.length === 0) return [];
  const { rows } = await connection.query<HandoffKey & { count: number }>(
    `SELECT u.migration, u.handoff, u.journey, u.count
       FROM unnest($1::text[], $2::text[], $3::text[]) AS i (migration, handoff, journey)
      CROSS JOIN LATERAL (
        SELECT w.* FROM handoff_unmatched w WHERE w.migration = i.migration AND w.handoff = i.handoff AND w.journey = i.journey OFFSET 0
      ) u`,
    keyColumns(keys),
    PREPARED,
  );
  return rows;
}

/** Ends that closed nothing, by journey and handoff, as a matcher now counts them. */
export async function writeUnmatched(
  connection: Queryable,
  counts: readonly (HandoffKey & { count: number })[],
): Promise<void> {
  const some = counts.filter((row) => row.count > 0);
  const none = counts.filter((row) => row.count === 0);
  if (some.length > 0) {
    await connection.query(
      `INSERT INTO handoff_unmatched AS u (migration, handoff, journey, count)
       SELECT i.migration, i.handoff, i.journey, i.count
         FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[]) AS i (migration, handoff, journey, count)
       ON CONFLICT (migration, handoff, journey) DO UPDATE SET count = EXCLUDED.count WHERE u.count <> EXCLUDED.count`,
      [...keyColumns(some), some.map((row) => row.count)],
    );
  }
  if (none.length > 0) {
    await connection.query(
      `DELETE FROM handoff_unmatched u USING unnest($1::text[], $2::text[], $3::text[]) AS i (migration, handoff, journey)
        WHERE u.migration = i.migration AND u.handoff = i.handoff AND u.journey = i.journey`,
      keyColumns(none),
    );
  }
}

function keyColumns(keys: readonly HandoffKey[]): string[][] {
  return [keys.map((key) => key.migration), keys.map((key) => key.handoff), keys.map((key) => key.journey)];
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
