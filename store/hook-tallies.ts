import type { HookResult, HookTypeTally } from '../domain/status/hook-tallies';
import type { Queryable } from './database';

/** What became of one thing that a vendor reported. */
export interface HookNote {
  /** The vendor's code; empty where there was none. */
  type: string;
  result: HookResult;
  /** Of a refusal; empty where it is none. */
  code: string;
}

/** Types of a hook that are told apart; any other counts as OTHER. */
export const TYPES_TOLD_APART = 200;
export const OTHER = 'other';
const SHARDS = 8;

/**
 * Counts what a delivery brought. Shards keep deliveries that come at the same time from waiting for each other.
 * @param shard any whole number from 0
 */
export async function tallyHook(
  connection: Queryable,
  { migration, hook, shard }: { migration: string; hook: string; shard: number },
  notes: readonly HookNote[],
): Promise<void> {
  if (notes.length === 0) return;
  const told = await typesOf(connection, migration, hook);
  const counted = new Map<string, HookNote & { count: number }>();
  for (const note of notes) {
    if (told.size < TYPES_TOLD_APART) told.add(note.type);
    const type = told.has(note.type) ? note.type : OTHER;
    const key = `${type}\u0000${note.result}\u0000${note.code}`;
    const known = counted.get(key) ?? { ...note, type, count: 0 };
    known.count += 1;
    counted.set(key, known);
  }
  // In one order, so that no two deliveries wait for each other.
  const rows = [...counted.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
  await connection.query(
    `INSERT INTO hook_tally AS t (migration, hook, type, result, code, shard, count, last_at)
     SELECT $1, $2, i.type, i.result, i.code, $3, i.count, clock_timestamp()
       FROM unnest($4::text[], $5::text[], $6::text[], $7::bigint[]) AS i (type, result, code, count)
     ON CONFLICT (migration, hook, type, result, code, shard) DO UPDATE
       SET count = t.count + EXCLUDED.count, last_at = greatest(t.last_at, EXCLUDED.last_at)`,
    [
      ...[migration, hook, shard % SHARDS],
      ...[rows.map(({ type }) => type), rows.map(({ result }) => result), rows.map(({ code }) => code)],
      rows.map(({ count }) => count),
    ],
  );
}

/** A hook has some hundreds of rows at most. */
async function typesOf(connection: Queryable, migration: string, hook: string): Promise<Set<string>> {
  const { rows } = await connection.query<{ type: string }>(
    `SELECT DISTINCT type FROM hook_tally WHERE migration = $1 AND hook = $2`,
    [migration, hook],
  );
  return new Set(rows.map(({ type }) => type));
}

/** What each hook of a migration brought, the most frequent first. */
export async function readHookTallies(connection: Queryable, migration: string): Promise<Map<string, HookTypeTally[]>> {
  const { rows } = await connection.query<HookNote & { hook: string; count: number; lastAt: Date }>(
    `SELECT hook, type, result, code, sum(count)::float8 AS count, max(last_at) AS "lastAt" FROM hook_tally
      WHERE migration = $1 GROUP BY hook, type, result, code ORDER BY hook, count DESC, type, result, code`,
    [migration],
  );
  const byHook = new Map<string, HookTypeTally[]>();
  for (const { hook, type, result, code, count, lastAt } of rows) {
    const tally = { type, result, ...(code !== '' && { code }), count, lastAt: lastAt.toISOString() };
    byHook.set(hook, [...(byHook.get(hook) ?? []), tally]);
  }
  return byHook;
}
