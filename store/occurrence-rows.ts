import type { Outcome } from '../domain/handoffs/match-handoffs';
import type { Side } from '../domain/sides/side';
import type { EventReference, ExceptionWhy } from '../domain/status/exception-page';
import type { Milliseconds } from '../domain/time/duration';
import { PREPARED, type Queryable } from './database';
import { placementOf } from './placed-as';

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

/** Which sides, cohort and epoch an occurrence counts for. All null but `toSide`: its unit had no placement when it started. */
export interface Attribution {
  cohort: string | null;
  side: Side | null;
  epoch: string | null;
  /** The side that must end it. */
  toSide: Side;
}

export interface OccurrenceToWrite extends Omit<OccurrenceRow, 'id'>, Attribution {
  phase: string;
  why: ExceptionWhy | null;
  recoveredBy: EventReference | null;
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
  const { rows } = await connection.query<WrittenRow>(
    `SELECT o.id, o.migration, o.journey, o.handoff, o.ordinal, o.subject,
            (extract(epoch FROM o.started_at) * 1000)::float8 AS "startedAt",
            (extract(epoch FROM o.deadline_at) * 1000)::float8 AS "deadlineAt",
            o.outcome, (extract(epoch FROM o.ended_at) * 1000)::float8 AS "endedAt", o.final,
            (extract(epoch FROM o.recovered_at) * 1000)::float8 AS "recoveredAt", o.repeated,
            (extract(epoch FROM o.paused_since) * 1000)::float8 AS "pausedSince", o.second_ends AS "secondEnds",
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

export interface AttributionQuery {
  migration: string;
  phase: string;
  /** undefined: no event of the journey names the unit. */
  unit: string | undefined;
  /** In a phase where visitors have a side until they are known to be a patient: who the patient was. Their side counts first, where they have one. */
  visitor?: string | undefined;
  startedAt: number;
  /** Whose placement says which side must end it, */
  endPhase: string;
  /** by this unit of the journey, */
  endUnit: string | undefined;
  /** or by that visitor, */
  endVisitor?: string | undefined;
  /** at this moment: the end, else the deadline. */
  endAt: number;
  /** Whether something ended it: that was reported after the unit was placed. */
  ended: boolean;
}

/**
 * How far a stack's clock may be behind the database's, or cut off to whole seconds, when it stamps an event right after it
 * asked for the side. Wall-clock time, never compressed.
 */
const CLOCK_BEHIND: Milliseconds = 5_000;

/**
 * The placement of each unit, under whichever of its person's keys, as it was at that moment (a unit that was moved since counts where it was), and the epoch of its
 * split then. In the order of the queries.
 *
 * A unit that has no side in the phase of the end is to go on legacy, unless that phase was committed by then: for the cohort of
 * the start where it is one of that phase too, else for every cohort.
 */
export async function attribute(connection: Queryable, queries: readonly AttributionQuery[]): Promise<Attribution[]> {
  const { rows } = await connection.query<Attribution>(
    `SELECT p.cohort,
            CASE WHEN p.moved_at > i.at THEN p.moved_from ELSE p.side END AS side,
            -- A unit is placed under an epoch before it starts anything, whatever the stack's clock says.
            greatest(c.epoch, p.epoch) AS epoch,
            CASE WHEN t.unit IS NOT NULL THEN CASE WHEN t.moved_at > i.end_at THEN t.moved_from ELSE t.side END
                 WHEN (SELECT coalesce(bool_and(s.mode = 'committed') FILTER (WHERE s.cohort = p.cohort), bool_and(s.mode = 'committed'))
                         FROM (SELECT DISTINCT ON (h.cohort) h.cohort, h.mode FROM split_change h
                                WHERE h.migration = i.migration AND h.phase = i.end_phase AND h.changed_at <= i.end_at
                                ORDER BY h.cohort, h.changed_at DESC, h.epoch DESC) s) THEN 'target'
                 ELSE 'legacy' END AS "toSide"
       FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $6::text[], $7::text[], $8::timestamptz[], $9::boolean[],
                   $10::text[], $11::text[])
              WITH ORDINALITY AS i (migration, phase, unit, at, end_phase, end_unit, end_at, ended, visitor, end_visitor, n)
       LEFT JOIN LATERAL (${placementOf('i.migration', 'i.phase', 'i.visitor', 'i.unit')}) p
              ON p.placed_at <= i.at + $5::float8 * interval '1 millisecond'
       LEFT JOIN LATERAL (${placementOf('i.migration', 'i.end_phase', 'i.end_visitor', 'i.end_unit')}) t
              ON t.placed_at <= i.end_at + CASE WHEN i.ended THEN $5::float8 ELSE 0 END * interval '1 millisecond'
       LEFT JOIN LATERAL (
         SELECT s.epoch FROM split_change s
          WHERE s.migration = i.migration AND s.phase = i.phase AND s.cohort = p.cohort AND s.changed_at <= i.at
          ORDER BY s.changed_at DESC, s.epoch DESC LIMIT 1
       ) c ON true
      ORDER BY i.n`,
    [
      queries.map((query) => query.migration),
      queries.map((query) => query.phase),
      queries.map((query) => query.unit ?? null),
      queries.map((query) => new Date(query.startedAt).toISOString()),
      CLOCK_BEHIND,
      queries.map((query) => query.endPhase),
      queries.map((query) => query.endUnit ?? null),
      queries.map((query) => new Date(query.endAt).toISOString()),
      queries.map((query) => query.ended),
      queries.map((query) => query.visitor ?? null),
      queries.map((query) => query.endVisitor ?? null),
    ],
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

/** Writes occurrences by their ordinals. I6: one that is final is never touched; it is then missing from the answer. */
export async function writeOccurrences(
  connection: Queryable,
  rows: readonly OccurrenceToWrite[],
): Promise<WrittenOccurrence[]> {
  if (rows.length === 0) return [];
  const written = await connection.query<WrittenOccurrence>(
    `INSERT INTO handoff_occurrence AS o (migration, handoff, journey, ordinal, subject, phase, cohort, from_side, epoch, started_at,
                                          deadline_at, outcome, ended_at, final, finalized_at, recovered_at, repeated, to_side,
                                          paused_since, second_ends, why, recovered_by)
     SELECT i.migration, i.handoff, i.journey, i.ordinal, i.subject, i.phase, i.cohort, i.from_side, i.epoch, i.started_at, i.deadline_at,
            i.outcome, i.ended_at, i.final, CASE WHEN i.final THEN clock_timestamp() END, i.recovered_at, i.repeated, i.to_side,
            i.paused_since, i.second_ends, i.why, i.recovered_by
       FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[],
                   $10::timestamptz[], $11::timestamptz[], $12::text[], $13::timestamptz[], $14::boolean[], $15::timestamptz[], $16::integer[],
                   $17::text[], $18::timestamptz[], $19::integer[], $20::jsonb[], $21::jsonb[])
              AS i (migration, handoff, journey, ordinal, subject, phase, cohort, from_side, epoch, started_at,
                    deadline_at, outcome, ended_at, final, recovered_at, repeated, to_side, paused_since, second_ends, why, recovered_by)
     ON CONFLICT (migration, handoff, journey, ordinal) DO UPDATE
       SET subject = EXCLUDED.subject, cohort = EXCLUDED.cohort, from_side = EXCLUDED.from_side, epoch = EXCLUDED.epoch, to_side = EXCLUDED.to_side,
           started_at = EXCLUDED.started_at, deadline_at = EXCLUDED.deadline_at, outcome = EXCLUDED.outcome, ended_at = EXCLUDED.ended_at,
           final = EXCLUDED.final, finalized_at = EXCLUDED.finalized_at, recovered_at = EXCLUDED.recovered_at, repeated = EXCLUDED.repeated,
           paused_since = EXCLUDED.paused_since, second_ends = EXCLUDED.second_ends, why = EXCLUDED.why, recovered_by = EXCLUDED.recovered_by
       WHERE NOT o.final
     RETURNING id, migration, handoff, journey, ordinal`,
    [
      rows.map((row) => row.migration),
      rows.map((row) => row.handoff),
      rows.map((row) => row.journey),
      rows.map((row) => row.ordinal),
      rows.map((row) => row.subject),
      rows.map((row) => row.phase),
      rows.map((row) => row.cohort),
      rows.map((row) => row.side),
      rows.map((row) => row.epoch),
      rows.map((row) => isoOrNull(row.startedAt)),
      rows.map((row) => isoOrNull(row.deadlineAt)),
      rows.map((row) => row.outcome),
      rows.map((row) => isoOrNull(row.endedAt)),
      rows.map((row) => row.final),
      rows.map((row) => isoOrNull(row.recoveredAt)),
      rows.map((row) => row.repeated),
      rows.map((row) => row.toSide),
      rows.map((row) => isoOrNull(row.pausedSince)),
      rows.map((row) => row.secondEnds),
      rows.map((row) => jsonOrNull(row.why)),
      rows.map((row) => jsonOrNull(row.recoveredBy)),
    ],
  );
  return written.rows;
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
