import type { Correlated } from '../domain/handoffs/correlation';
import { PREPARED, type Queryable } from './database';

/** A unit by one of its keys, as an event names it. */
export interface CorrelationKey extends Correlated {
  migration: string;
}

/**
 * Makes units due, and holds each one's row until the transaction ends: a matcher passes by (I6: an event's moment of receipt is read after this).
 * Rows are taken in one order; whoever holds one waits for no journey.
 */
export async function noteCorrelations(connection: Queryable, keys: readonly CorrelationKey[]): Promise<void> {
  if (keys.length === 0) return;
  const once = new Map(keys.map((one) => [nameOf(one), one]));
  const inOrder = [...once.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  await connection.query(
    `INSERT INTO correlation AS c (migration, kind, key, due_at, events)
     SELECT i.migration, i.kind, i.key, clock_timestamp(), 1 FROM unnest($1::text[], $2::text[], $3::text[]) AS i (migration, kind, key)
     ON CONFLICT (migration, kind, key) DO UPDATE SET due_at = least(c.due_at, EXCLUDED.due_at), events = c.events + 1`,
    [inOrder.map(({ migration }) => migration), inOrder.map(({ kind }) => kind), inOrder.map(({ key }) => key)],
    PREPARED,
  );
}

export function nameOf({ migration, kind, key }: CorrelationKey): string {
  return `${migration}\u0000${kind}\u0000${key}`;
}

/** Whether there is anything to claim: most plans correlate nothing. */
export async function isAnyCorrelationDue(connection: Queryable): Promise<boolean> {
  const { rows } = await connection.query<{ due: boolean }>(
    'SELECT EXISTS (SELECT FROM correlation WHERE due_at <= statement_timestamp()) AS due',
    [],
    PREPARED,
  );
  return rows[0]?.due === true;
}

/**
 * Units that are due, each by the key that it is known by, claimed until the transaction ends: by one matcher at a time, and nobody ever waits for it.
 */
export async function claimDueCorrelations(connection: Queryable, limit: number): Promise<CorrelationKey[]> {
  const { rows } = await connection.query<CorrelationKey>(
    `SELECT DISTINCT migration, kind, key
       FROM (SELECT c.migration, c.kind, correlation_root(c.migration, c.kind, c.key) AS key
               FROM (SELECT migration, kind, key FROM correlation WHERE due_at <= statement_timestamp() ORDER BY due_at LIMIT $1) c OFFSET 0) AS due
      WHERE ${CLAIM}`,
    [limit],
    PREPARED,
  );
  return rows;
}

/** The same for one of them: whether it is due still, and nobody else's. */
export async function claimCorrelationIfDue(
  connection: Queryable,
  { migration, kind, key }: CorrelationKey,
): Promise<CorrelationKey[]> {
  const { rows } = await connection.query<CorrelationKey>(
    `SELECT migration, kind, key
       FROM (SELECT $1::text AS migration, $2::text AS kind, $3::text AS key
              WHERE EXISTS (SELECT FROM correlation c JOIN correlation_keys($1, $2, $3) k ON k = c.key
                             WHERE c.migration = $1 AND c.kind = $2 AND c.due_at <= statement_timestamp()) OFFSET 0) AS due
      WHERE ${CLAIM}`,
    [migration, kind, key],
  );
  return rows;
}

/** Of another name than a journey's. */
const CLAIM = `pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', 'correlation', due.migration, due.kind, due.key), 0))`;

/** Looks at a unit again later, so that it holds up no other. */
export async function postponeCorrelation(
  connection: Queryable,
  { migration, kind, key }: CorrelationKey,
  after: number,
): Promise<void> {
  await connection.query(
    `UPDATE correlation c SET due_at = clock_timestamp() + $4::float8 * interval '1 millisecond'
       FROM correlation_keys($1, $2, $3) k WHERE c.migration = $1 AND c.kind = $2 AND c.key = k AND c.due_at IS NOT NULL`,
    [migration, kind, key, after],
  );
}

/** All the keys of a unit, with what had been brought for each when it was read. */
export interface CorrelationMember extends CorrelationKey {
  /** The key that the unit is known by. */
  root: string;
  events: string;
}

/**
 * The keys of units, by the keys that these are known by; and a moment before which nothing is received any more for a key whose number stays what
 * it is. Writes down those that nobody has named yet, so that each can be held.
 */
export async function readMembers(
  connection: Queryable,
  roots: readonly CorrelationKey[],
): Promise<{ members: CorrelationMember[]; now: number }> {
  const columns = [roots.map(({ migration }) => migration), roots.map(({ kind }) => kind), roots.map(({ key }) => key)];
  await connection.query(
    `INSERT INTO correlation (migration, kind, key)
     SELECT i.migration, i.kind, k FROM unnest($1::text[], $2::text[], $3::text[]) AS i (migration, kind, key)
      CROSS JOIN LATERAL correlation_keys(i.migration, i.kind, i.key) k
      WHERE NOT EXISTS (SELECT FROM correlation c WHERE c.migration = i.migration AND c.kind = i.kind AND c.key = k)
      ORDER BY i.migration COLLATE "C", i.kind COLLATE "C", k COLLATE "C"
     ON CONFLICT (migration, kind, key) DO NOTHING`,
    columns,
  );
  const { rows } = await connection.query<CorrelationMember & { now: number }>(
    `WITH n AS MATERIALIZED (SELECT clock_timestamp() AS at)
     SELECT i.migration, i.kind, i.key AS root, c.key, c.events, floor(extract(epoch FROM n.at) * 1000)::float8 AS now
       FROM n, unnest($1::text[], $2::text[], $3::text[]) AS i (migration, kind, key)
      CROSS JOIN LATERAL correlation_keys(i.migration, i.kind, i.key) k
       JOIN correlation c ON c.migration = i.migration AND c.kind = i.kind AND c.key = k`,
    columns,
  );
  return { members: rows, now: rows[0]?.now ?? 0 };
}

/** Locks those keys for which nothing was brought since they were read. Waits for nobody: one that an event is arriving for is left out. */
export async function lockUnchangedMembers(
  connection: Queryable,
  members: readonly CorrelationMember[],
): Promise<CorrelationKey[]> {
  const { rows } = await connection.query<CorrelationKey>(
    `SELECT c.migration, c.kind, c.key
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS i (migration, kind, key, events)
       JOIN correlation c ON c.migration = i.migration AND c.kind = i.kind AND c.key = i.key AND c.events = i.events
        FOR UPDATE OF c SKIP LOCKED`,
    [
      members.map(({ migration }) => migration),
      members.map(({ kind }) => kind),
      members.map(({ key }) => key),
      members.map(({ events }) => events),
    ],
  );
  return rows;
}

/** Writes down when to look at keys again. Their rows are locked. */
export async function writeNextLooks(
  connection: Queryable,
  looks: readonly (CorrelationKey & { dueAt: number | null })[],
): Promise<void> {
  if (looks.length === 0) return;
  await connection.query(
    `UPDATE correlation c SET due_at = i.due_at
       FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS i (migration, kind, key, due_at)
      WHERE c.migration = i.migration AND c.kind = i.kind AND c.key = i.key`,
    [
      looks.map(({ migration }) => migration),
      looks.map(({ kind }) => kind),
      looks.map(({ key }) => key),
      looks.map(({ dueAt }) => (dueAt === null ? null : new Date(dueAt).toISOString())),
    ],
  );
}
