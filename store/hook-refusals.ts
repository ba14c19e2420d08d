import type { EventData } from '../domain/events/event-contract';
import type { Queryable } from './database';

/** Something signed that was refused: hashes and codes, nothing else. */
export interface HookRefusalToKeep {
  /** sha256 of source and id. */
  eventHash: string;
  /** sha256 of what it says in codes. */
  contentHash: string;
  code: string;
  type: string;
  data: EventData;
}

/** Kept of each hook. */
const KEPT = 1_000;

/** Keeps the newest of a hook, each once with how often it came. */
export async function keepHookRefusals(
  connection: Queryable,
  { migration, hook }: { migration: string; hook: string },
  refusals: readonly HookRefusalToKeep[],
): Promise<void> {
  if (refusals.length === 0) return;
  const once = [...new Map(refusals.map((one) => [`${one.eventHash} ${one.contentHash} ${one.code}`, one])).entries()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, one]) => one);
  await connection.query(
    `INSERT INTO hook_refused AS r (migration, hook, event_hash, content_hash, code, type, data)
     SELECT $1, $2, i.event_hash, i.content_hash, i.code, i.type, i.data
       FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[]) AS i (event_hash, content_hash, code, type, data)
     ON CONFLICT (migration, hook, event_hash, content_hash, code) DO UPDATE
       SET times = r.times + 1, last_at = clock_timestamp()`,
    [
      ...[migration, hook, once.map(({ eventHash }) => eventHash), once.map(({ contentHash }) => contentHash)],
      ...[once.map(({ code }) => code), once.map(({ type }) => type), once.map(({ data }) => JSON.stringify(data))],
    ],
  );
  await connection.query(
    `DELETE FROM hook_refused WHERE migration = $1 AND hook = $2
        AND last_at < (SELECT last_at FROM hook_refused WHERE migration = $1 AND hook = $2 ORDER BY last_at DESC OFFSET $3 LIMIT 1)`,
    [migration, hook, KEPT],
  );
}
