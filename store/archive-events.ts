import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { ArchiveFolder } from './archive-folder';
import type { Database, Queryable } from './database';
import { getPlan } from './plans';

/** Why a month that is over is not archived. */
export const KEPT_BECAUSE = ['underWay', 'noRetention', 'tooYoung', 'stillOpen'] as const;
export type KeptBecause = (typeof KEPT_BECAUSE)[number];

/** A month of events that is over. */
export interface EventMonth {
  partition: string;
  /** ISO; null: from the beginning. */
  from: string | null;
  to: string;
}

export interface ArchivedMonth extends EventMonth {
  file: string;
  sha256: string;
  bytes: number;
  events: number;
  migrations: Record<string, number>;
}

export type MonthOutcome =
  | { kind: 'archived'; month: ArchivedMonth }
  | { kind: 'dropped'; month: EventMonth }
  | { kind: 'kept'; month: EventMonth; migration: string; because: KeptBecause };

/** Rows that are read at once. */
const ROWS_AT_ONCE = 5_000;
const SYSTEM = 'system:archive';
/** Whoever stores events waits for as long, once a month. */
const LOCK_PATIENCE = '2s';

/** Makes the partitions of the months to come. Any number of workers may. Gives the names of those that were missing. */
export async function makeEventPartitions(db: Database, ahead: number): Promise<string[]> {
  return db.transaction(async (connection) => {
    if (!(await isMine(connection))) return [];
    const { rows } = await connection.query<{ name: string }>('SELECT make_event_partitions($1) AS name', [ahead]);
    return rows.map(({ name }) => name);
  });
}

/** Months that are over and hold events still, the oldest first. */
export async function monthsThatAreOver(connection: Queryable): Promise<EventMonth[]> {
  const { rows } = await connection.query<{ partition: string; from: Date | null; to: Date }>(
    `SELECT partition, "from", "to" FROM (
       SELECT c.relname AS partition, (regexp_match(b.bound, 'FROM \\(''([^'']+)''\\)'))[1]::timestamptz AS "from",
              (regexp_match(b.bound, 'TO \\(''([^'']+)''\\)'))[1]::timestamptz AS "to"
         FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid CROSS JOIN LATERAL pg_get_expr(c.relpartbound, c.oid) AS b (bound)
        WHERE i.inhparent = 'event'::regclass) p
      WHERE "to" <= clock_timestamp() ORDER BY "to"`,
  );
  return rows.map(({ partition, from, to }) => ({
    partition,
    from: from?.toISOString() ?? null,
    to: to.toISOString(),
  }));
}

/**
 * Writes a month of events into the folder and lets go of it, where every migration that has events in it has ended, keeps them no longer, and has nothing
 * open of their journeys. The file is on disk, with its manifest, before the month is gone: whoever is stopped in between writes it again.
 * Identities stay, so that a late repetition is known for one. undefined: another worker is at it.
 */
export async function archiveMonth(
  db: Database,
  folder: ArchiveFolder,
  month: EventMonth,
): Promise<MonthOutcome | undefined> {
  return db.transaction(async (connection) => {
    if (!(await isMine(connection))) return undefined;
    const there = await connection.query('SELECT FROM pg_inherits WHERE inhrelid = to_regclass($1)', [month.partition]);
    if (there.rowCount === 0) return undefined;
    const { rows } = await connection.query<{ migration: string; events: number }>(
      `SELECT migration, count(*)::float8 AS events FROM ${month.partition} GROUP BY migration ORDER BY migration`,
    );
    for (const { migration } of rows) {
      const because = await keptBecause(connection, month, migration);
      if (because !== undefined) return { kind: 'kept', month, migration, because };
    }
    if (rows.length === 0) {
      await letGo(connection, month);
      return { kind: 'dropped', month };
    }
    await connection.query(`LOCK TABLE ${month.partition} IN SHARE MODE`);
    const migrations = Object.fromEntries(rows.map(({ migration, events }) => [migration, events]));
    const written = await folder.write(month, migrations, rowsOf(connection, month));
    const archived: ArchivedMonth = { ...month, ...written, migrations };
    await letGo(connection, month);
    await connection.query(
      `INSERT INTO event_archive (partition, received_from, received_to, file, sha256, bytes, events) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [month.partition, month.from, month.to, written.file, written.sha256, written.bytes, written.events],
    );
    for (const { migration, events } of rows) {
      await appendAudit(connection, {
        ...{ migration, actor: SYSTEM, verified: true, action: 'events.archived' },
        reason: 'The plan keeps them no longer, and nothing of their journeys is open.',
        evidence: { from: month.from, to: month.to, file: written.file, sha256: written.sha256, events },
        onceKey: `events.archived:${month.partition}`,
      });
    }
    return { kind: 'archived', month: archived };
  });
}

async function keptBecause(connection: Queryable, month: EventMonth, id: string): Promise<KeptBecause | undefined> {
  const { rows } = await connection.query<{ state: string; hash: string }>(
    'SELECT state, plan_hash AS hash FROM migration WHERE id = $1',
    [id],
  );
  // Its matcher, its rollbacks and its baselines read them.
  if (rows[0]?.state === 'live') return 'underWay';
  const plan = rows[0] === undefined ? undefined : await getPlan(connection, rows[0].hash);
  const keeps: Milliseconds | undefined = plan?.retention?.events;
  if (keeps === undefined) return 'noRetention';
  const young = await connection.query(
    `SELECT WHERE $1::timestamptz + $2::float8 * interval '1 millisecond' > clock_timestamp()`,
    [month.to, keeps],
  );
  if (young.rowCount !== 0) return 'tooYoung';
  const open = await connection.query(
    `SELECT FROM ${month.partition} e WHERE e.migration = $1 AND (
       e.disposition IS NULL
       OR EXISTS (SELECT FROM journey j WHERE j.migration = $1 AND j.id = e.journey AND j.due_at IS NOT NULL)
       OR EXISTS (SELECT FROM handoff_occurrence o WHERE o.migration = $1 AND o.journey = e.journey AND o.outcome IS NULL)
       OR EXISTS (SELECT FROM exception x WHERE x.migration = $1 AND x.journey = e.journey AND x.state = 'open')) LIMIT 1`,
    [id],
  );
  return open.rowCount === 0 ? undefined : 'stillOpen';
}

async function letGo(connection: Queryable, { partition }: EventMonth): Promise<void> {
  await connection.query(`SELECT set_config('lock_timeout', $1, true)`, [LOCK_PATIENCE]);
  await connection.query(`ALTER TABLE event DETACH PARTITION ${partition}`);
  await connection.query(`DROP TABLE ${partition}`);
}

async function* rowsOf(connection: Queryable, { partition }: EventMonth): AsyncIterable<string> {
  await connection.query(
    `DECLARE archived CURSOR FOR SELECT to_jsonb(e)::text AS line FROM ${partition} e ORDER BY e.seq`,
  );
  for (;;) {
    const { rows } = await connection.query<{ line: string }>(`FETCH ${ROWS_AT_ONCE} FROM archived`);
    if (rows.length === 0) break;
    for (const { line } of rows) yield line;
  }
  await connection.query('CLOSE archived');
}

/** One worker at a time makes or lets go of partitions; the others pass by. */
async function isMine(connection: Queryable): Promise<boolean> {
  const { rows } = await connection.query<{ mine: boolean }>(
    `SELECT pg_try_advisory_xact_lock(hashtextextended('event-partitions', 0)) AS mine`,
  );
  return rows[0]?.mine === true;
}
