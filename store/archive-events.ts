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
/** A large month is read, sorted and written for longer than any other statement may run. */
const PATIENCE: Milliseconds = 3_600_000;
/** Whatever was being stored when the month ended is committed, or has failed, long before. */
const AFTER_ITS_END = '1 day';

/** Makes the partitions of the months to come. Any number of workers may. Gives the names of those that were missing. */
export async function makeEventPartitions(db: Database, ahead: number): Promise<string[]> {
  return db.transaction(async (connection) => {
    if (!(await isMine(connection))) return [];
    const { rows } = await connection.query<{ name: string }>('SELECT make_event_partitions($1) AS name', [ahead]);
    return rows.map(({ name }) => name);
  });
}

/** Months that have been over for a day and are still there, the oldest first. */
export async function monthsThatAreOver(connection: Queryable): Promise<EventMonth[]> {
  const { rows } = await connection.query<{ partition: string; from: Date | null; to: Date }>(
    `SELECT partition, "from", "to" FROM (
       SELECT c.relname AS partition, (regexp_match(b.bound, 'FROM \\(''([^'']+)''\\)'))[1]::timestamptz AS "from",
              (regexp_match(b.bound, 'TO \\(''([^'']+)''\\)'))[1]::timestamptz AS "to"
         FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid CROSS JOIN LATERAL pg_get_expr(c.relpartbound, c.oid) AS b (bound)
        WHERE i.inhparent = 'event'::regclass) p
      WHERE "to" <= clock_timestamp() - $1::interval ORDER BY "to"`,
    [AFTER_ITS_END],
  );
  return rows.map(({ partition, from, to }) => ({
    partition,
    from: from?.toISOString() ?? null,
    to: to.toISOString(),
  }));
}

/**
 * Writes a month of events into the folder and lets go of it, where every migration that has events in it has ended, keeps them no longer, and has nothing
 * open that may need them. The file is on disk, with its manifest, before the month is gone: whoever is stopped in between writes it again.
 * Identities stay, so that a late repetition is known for one. undefined: another worker is at it.
 *
 * Nobody waits while the file is written: it is of one snapshot, and the month is let go of only where it still holds as many events as the file.
 */
export async function archiveMonth(
  db: Database,
  folder: ArchiveFolder,
  month: EventMonth,
): Promise<MonthOutcome | undefined> {
  return db.transaction(async (impatient) => {
    const connection: Queryable = {
      query: (sql, values) => impatient.query(sql, values, { patience: PATIENCE }),
    };
    if (!(await isMine(connection))) return undefined;
    const there = await connection.query('SELECT FROM pg_inherits WHERE inhrelid = to_regclass($1)', [month.partition]);
    if (there.rowCount === 0) return undefined;
    await connection.query(
      `SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true)`,
      [String(PATIENCE)],
    );
    const { rows: ids } = await connection.query<{ id: string }>(
      `SELECT m.id FROM migration m WHERE EXISTS (SELECT FROM ${month.partition} e WHERE e.migration = m.id) ORDER BY m.id`,
    );
    for (const { id } of ids) {
      const because = await keptBecause(connection, month, id);
      if (because !== undefined) return { kind: 'kept', month, migration: id, because };
    }
    if (ids.length === 0) {
      await letGo(connection, month, 0);
      return { kind: 'dropped', month };
    }
    // Counted as they are written.
    const migrations: Record<string, number> = Object.fromEntries(ids.map(({ id }) => [id, 0]));
    const written = await folder.write(month, migrations, rowsOf(connection, month, migrations));
    const archived: ArchivedMonth = { ...month, ...written, migrations };
    await letGo(connection, month, written.events);
    await connection.query(
      `INSERT INTO event_archive (partition, received_from, received_to, file, sha256, bytes, events) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [month.partition, month.from, month.to, written.file, written.sha256, written.bytes, written.events],
    );
    for (const [migration, events] of Object.entries(migrations)) {
      await appendAudit(connection, {
        ...{ migration, actor: SYSTEM, verified: true, action: 'events.archived' },
        reason: 'The plan keeps them no longer, and nothing of their journeys is open.',
        evidence: { from: month.from, to: month.to, file: written.file, sha256: written.sha256, events },
        onceKey: archivedOnce(month.partition),
      });
    }
    return { kind: 'archived', month: archived };
  });
}

/** What a migration's audit log calls its archived month by, once. */
export function archivedOnce(partition: string): string {
  return `events.archived:${partition}`;
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
  // Whatever is open of a journey may need all that came since the journey's first event, of other journeys too. What is held has no journey yet.
  const open = await connection.query(
    `SELECT WHERE EXISTS (SELECT FROM ${month.partition} e WHERE e.migration = $1 AND e.disposition IS NULL)
       OR EXISTS (SELECT FROM correlation c WHERE c.migration = $1 AND c.due_at IS NOT NULL)
       OR EXISTS (SELECT FROM unlinked_event u WHERE u.migration = $1 AND u.outcome IS NULL)
       OR EXISTS (
         SELECT FROM (SELECT j.id AS journey FROM journey j WHERE j.migration = $1 AND j.due_at IS NOT NULL
                      UNION ALL SELECT o.journey FROM handoff_occurrence o WHERE o.migration = $1 AND o.outcome IS NULL
                      UNION ALL SELECT x.journey FROM exception x WHERE x.migration = $1 AND x.state = 'open') AS open
          WHERE EXISTS (SELECT FROM event e WHERE e.migration = $1 AND e.journey = open.journey AND e.received_at < $2))`,
    [id, month.to],
  );
  return open.rowCount === 0 ? undefined : 'stillOpen';
}

/**
 * Nobody stores or matches meanwhile: their locks begin with `event` too, so that none of them waits for another.
 * @throws where the month holds another number of events; it stays
 */
async function letGo(connection: Queryable, { partition }: EventMonth, written: number): Promise<void> {
  await connection.query(`SELECT set_config('lock_timeout', $1, true)`, [LOCK_PATIENCE]);
  await connection.query('LOCK TABLE ONLY event IN ACCESS EXCLUSIVE MODE');
  await connection.query(`LOCK TABLE ONLY ${partition} IN ACCESS EXCLUSIVE MODE`);
  const { rows } = await connection.query<{ events: number }>(`SELECT count(*)::float8 AS events FROM ${partition}`);
  if (rows[0]?.events !== written)
    throw new Error('The month holds other events than were written down of it. It stays.');
  await connection.query(`ALTER TABLE event DETACH PARTITION ${partition}`);
  await connection.query(`DROP TABLE ${partition}`);
}

/** One event a line, of one snapshot. Adds to the count of its migration. */
async function* rowsOf(
  connection: Queryable,
  { partition }: EventMonth,
  counts: Record<string, number>,
): AsyncIterable<string> {
  await connection.query(
    `DECLARE archived CURSOR FOR SELECT e.migration, to_jsonb(e)::text AS line FROM ${partition} e ORDER BY e.seq`,
  );
  for (;;) {
    const { rows } = await connection.query<{ migration: string; line: string }>(`FETCH ${ROWS_AT_ONCE} FROM archived`);
    if (rows.length === 0) break;
    for (const { migration, line } of rows) {
      const count = counts[migration];
      if (count === undefined)
        throw new Error('An event came into the month of a migration that had none in it. It stays.');
      counts[migration] = count + 1;
      yield line;
    }
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
