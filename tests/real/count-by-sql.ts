import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Client } from 'pg';

/** A handoff by its definition; types as '{activity}/{lifecycle}' of the log, with what an event type cannot have made hyphens. */
export interface Definition {
  id: string;
  start: string;
  end: readonly string[];
  unless: readonly string[];
  /** Milliseconds. */
  within: number;
}

export interface Counted {
  started: number;
  kept: number;
  missed: number;
  released: number;
  open: number;
  repeated: number;
  unmatched: number;
  recovered: number;
}

/** Puts the rows of a log (case_id, activity, lifecycle, timestamp) into Postgres as they stand, each with its line. Postgres reads their times. */
export async function loadRawRows(client: Client, path: string): Promise<number> {
  const [header, ...rows] = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split(/\r?\n/);
  if (header !== 'case_id,activity,lifecycle,timestamp') throw new Error('The log has another header.');
  await client.query(
    `DROP TABLE IF EXISTS raw;
     CREATE TABLE raw (line int PRIMARY KEY, case_id text NOT NULL, type text NOT NULL, at timestamptz NOT NULL)`,
  );
  for (let from = 0; from < rows.length; from += 20_000) {
    const fields = rows.slice(from, from + 20_000).map((row) => row.split(','));
    await client.query(
      `INSERT INTO raw (line, case_id, type, at)
       SELECT line, case_id, regexp_replace(activity || '.' || lifecycle, '[^A-Za-z0-9._-]+', '-', 'g'), at::timestamptz
         FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[]) AS r (line, case_id, activity, lifecycle, at)`,
      [fields.map((_, index) => from + index + 2), ...[0, 1, 2, 3].map((column) => fields.map((row) => row[column]))],
    );
  }
  await client.query('CREATE INDEX raw_by_type ON raw (type)');
  return rows.length;
}

/**
 * Counts a handoff over the raw rows by its definition alone, set by set: what opens, what closes it, what opens next. It walks from
 * occurrence to occurrence where the product walks from event to event, and shares nothing with it.
 */
export async function countBySql(client: Client, definition: Definition): Promise<Counted> {
  const { start, end, unless, within } = definition;
  await client.query('DROP TABLE IF EXISTS heard, occurrence');
  await client.query(
    `CREATE TEMP TABLE heard AS
     SELECT case_id, at, line, CASE WHEN type = $1 THEN 'start' WHEN type = ANY ($2) THEN 'end' ELSE 'unless' END AS part
       FROM raw WHERE type = $1 OR type = ANY ($2) OR type = ANY ($3)`,
    [start, end, unless],
  );
  await client.query('CREATE INDEX ON heard (case_id, at, line)');
  await client.query('ANALYZE heard');
  await client.query(
    `CREATE TEMP TABLE occurrence AS
     WITH RECURSIVE
     firsts AS (
       SELECT DISTINCT ON (case_id) case_id, at, line FROM heard WHERE part = 'start' ORDER BY case_id, at, line
     ),
     walk AS (
       SELECT f.case_id, f.at, f.line, f.at + $1::float8 * interval '1 millisecond' AS deadline, c.part, c.at AS closed_at, c.line AS closed_line
         FROM firsts f
         LEFT JOIN LATERAL (
           SELECT h.part, h.at, h.line FROM heard h
            WHERE h.case_id = f.case_id AND h.part <> 'start' AND (h.at, h.line) > (f.at, f.line)
              AND h.at <= f.at + $1::float8 * interval '1 millisecond'
            ORDER BY h.at, h.line LIMIT 1
         ) c ON true
       UNION ALL
       SELECT w.case_id, n.at, n.line, n.at + $1::float8 * interval '1 millisecond', c.part, c.at, c.line
         FROM walk w
        CROSS JOIN LATERAL (
           SELECT h.at, h.line FROM heard h
            WHERE h.case_id = w.case_id AND h.part = 'start'
              AND CASE WHEN w.part IS NULL THEN h.at > w.deadline ELSE (h.at, h.line) > (w.closed_at, w.closed_line) END
            ORDER BY h.at, h.line LIMIT 1
         ) n
         LEFT JOIN LATERAL (
           SELECT h.part, h.at, h.line FROM heard h
            WHERE h.case_id = w.case_id AND h.part <> 'start' AND (h.at, h.line) > (n.at, n.line)
              AND h.at <= n.at + $1::float8 * interval '1 millisecond'
            ORDER BY h.at, h.line LIMIT 1
         ) c ON true
     )
     SELECT w.*,
            CASE part WHEN 'end' THEN 'kept' WHEN 'unless' THEN 'released'
                 ELSE CASE WHEN deadline < (SELECT max(at) FROM raw) THEN 'missed' ELSE 'open' END END AS outcome,
            lead(at) OVER following AS next_at, lead(line) OVER following AS next_line
       FROM walk w WINDOW following AS (PARTITION BY case_id ORDER BY at, line)`,
    [within],
  );
  await client.query('ANALYZE occurrence');
  const { rows } = await client.query<Counted>(
    `WITH loose AS (
       SELECT e.case_id, e.at, e.line FROM heard e
        WHERE e.part = 'end' AND NOT EXISTS (SELECT FROM occurrence o WHERE o.closed_line = e.line)
     ),
     late AS (
       -- of each missed one, the first loose end after it and before the next start that opens one
       SELECT DISTINCT ON (o.case_id, o.line) l.line
         FROM occurrence o
         JOIN loose l ON l.case_id = o.case_id AND l.at > o.deadline
                     AND (o.next_line IS NULL OR (l.at, l.line) < (o.next_at, o.next_line))
        WHERE o.outcome = 'missed'
        ORDER BY o.case_id, o.line, l.at, l.line
     )
     SELECT count(*)::int AS started,
            (count(*) FILTER (WHERE outcome = 'kept'))::int AS kept,
            (count(*) FILTER (WHERE outcome = 'missed'))::int AS missed,
            (count(*) FILTER (WHERE outcome = 'released'))::int AS released,
            (count(*) FILTER (WHERE outcome = 'open'))::int AS open,
            ((SELECT count(*) FROM heard WHERE part = 'start') - count(*))::int AS repeated,
            ((SELECT count(*) FROM loose) - (SELECT count(*) FROM late))::int AS unmatched,
            (SELECT count(*) FROM late)::int AS recovered
       FROM occurrence`,
  );
  const [counted] = rows;
  if (counted === undefined) throw new Error('Postgres counted nothing.');
  return counted;
}
