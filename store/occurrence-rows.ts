import type { Outcome } from '../domain/handoffs/match-handoffs';
import type { Side } from '../domain/sides/side';
import type { Milliseconds } from '../domain/time/duration';
import type { Queryable } from './database';

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
}

/** Which side, cohort and epoch an occurrence counts for. All null: its unit had no placement when it started. */
export interface Attribution {
  cohort: string | null;
  side: Side | null;
  epoch: string | null;
}

export interface OccurrenceToWrite extends Omit<OccurrenceRow, 'id'>, Attribution {
  phase: string;
}

export interface HandoffKey extends JourneyKey {
  handoff: string;
}

/** The occurrences of some handoffs in some journeys, in order of their ordinals. */
export async function readOccurrences(connection: Queryable, keys: readonly HandoffKey[]): Promise<OccurrenceRow[]> {
  const { rows } = await connection.query<OccurrenceRow>(
    `SELECT o.id, o.migration, o.journey, o.handoff, o.ordinal, o.subject,
            (extract(epoch FROM o.started_at) * 1000)::float8 AS "startedAt",
            (extract(epoch FROM o.deadline_at) * 1000)::float8 AS "deadlineAt",
            o.outcome, (extract(epoch FROM o.ended_at) * 1000)::float8 AS "endedAt", o.final,
            (extract(epoch FROM o.recovered_at) * 1000)::float8 AS "recoveredAt", o.repeated
       FROM unnest($1::text[], $2::text[], $3::text[]) AS i (migration, handoff, journey)
       JOIN handoff_occurrence o ON o.migration = i.migration AND o.handoff = i.handoff AND o.journey = i.journey
      ORDER BY o.migration, o.journey, o.handoff, o.ordinal`,
    keyColumns(keys),
  );
  return rows;
}

export interface AttributionQuery {
  migration: string;
  phase: string;
  /** undefined: no event of the journey names the unit. */
  unit: string | undefined;
  startedAt: number;
}

/**
 * How far a stack's clock may be behind the database's, or cut off to whole seconds, when it stamps an event right after it
 * asked for the side. Wall-clock time, never compressed.
 */
const CLOCK_BEHIND: Milliseconds = 5_000;

/**
 * The placement of each unit as it was at that moment (a unit that was moved since counts where it was), and the epoch of its
 * split then. In the order of the queries.
 */
export async function attribute(connection: Queryable, queries: readonly AttributionQuery[]): Promise<Attribution[]> {
  const { rows } = await connection.query<Attribution>(
    `SELECT p.cohort,
            CASE WHEN p.moved_at > i.at THEN p.moved_from ELSE p.side END AS side,
            -- A unit is placed under an epoch before it starts anything, whatever the stack's clock says.
            greatest(c.epoch, p.epoch) AS epoch
       FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) WITH ORDINALITY AS i (migration, phase, unit, at, n)
       LEFT JOIN placement p ON p.migration = i.migration AND p.phase = i.phase AND p.unit = i.unit
                            AND p.placed_at <= i.at + $5::float8 * interval '1 millisecond'
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
    ],
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
                                          deadline_at, outcome, ended_at, final, finalized_at, recovered_at, repeated)
     SELECT i.migration, i.handoff, i.journey, i.ordinal, i.subject, i.phase, i.cohort, i.from_side, i.epoch, i.started_at, i.deadline_at,
            i.outcome, i.ended_at, i.final, CASE WHEN i.final THEN clock_timestamp() END, i.recovered_at, i.repeated
       FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[],
                   $10::timestamptz[], $11::timestamptz[], $12::text[], $13::timestamptz[], $14::boolean[], $15::timestamptz[], $16::integer[])
              AS i (migration, handoff, journey, ordinal, subject, phase, cohort, from_side, epoch, started_at,
                    deadline_at, outcome, ended_at, final, recovered_at, repeated)
     ON CONFLICT (migration, handoff, journey, ordinal) DO UPDATE
       SET subject = EXCLUDED.subject, cohort = EXCLUDED.cohort, from_side = EXCLUDED.from_side, epoch = EXCLUDED.epoch,
           started_at = EXCLUDED.started_at, deadline_at = EXCLUDED.deadline_at, outcome = EXCLUDED.outcome, ended_at = EXCLUDED.ended_at,
           final = EXCLUDED.final, finalized_at = EXCLUDED.finalized_at, recovered_at = EXCLUDED.recovered_at, repeated = EXCLUDED.repeated
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
    ],
  );
  return written.rows;
}

/** Notes on missed occurrences when their ends came after all. */
export async function writeRecoveries(
  connection: Queryable,
  recovered: readonly { occurrence: string; recoveredAt: number }[],
): Promise<void> {
  if (recovered.length === 0) return;
  await connection.query(
    `UPDATE handoff_occurrence o SET recovered_at = i.at
       FROM unnest($1::bigint[], $2::timestamptz[]) AS i (id, at)
      WHERE o.id = i.id AND o.outcome = 'missed' AND o.recovered_at IS NULL`,
    [recovered.map((row) => row.occurrence), recovered.map((row) => isoOrNull(row.recoveredAt))],
  );
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
