import { rootOf, type Links } from '../domain/sides/judge-links';
import { mergePlacements, type MergedPlacements, type MergingPlacement } from '../domain/sides/merge-placements';
import type { Queryable } from './database';
import type { ContradictionQueue } from './give-back-sides';

/** A phase, as far as links are concerned. */
export interface LinkedPhase {
  phase: string;
  /** Whether it is one of patients in which visitors have a side until they are known to be one. */
  takesVisitors: boolean;
  /** Where it is worked on that one person heard two sides in it. */
  queue: ContradictionQueue;
}

export interface LinkedPhases {
  migration: string;
  /** All of the plan's, in its order. */
  phases: readonly LinkedPhase[];
}

/** Keys that are newly linked, and how. */
export interface LinkedKeys {
  keys: readonly string[];
  /** What was linked before. */
  before: Links;
  links: Links;
}

export interface LinkedPlacements {
  /** Placements that stand under the key that stays, and did not before. */
  carriedOver: number;
  /** Placements that went into another. */
  merged: number;
  /** Keys that keep a side of their own, since it contradicts their person's. */
  contradicting: ReadonlySet<string>;
}

interface PlacementRow extends MergingPlacement {
  phase: string;
}

interface Merge extends MergedPlacements<PlacementRow> {
  phase: string;
  /** The key that stays. */
  unit: string;
}

/**
 * Brings the placements of linked keys together, phase by phase. Call it in the transaction that holds the links alone. Only where somebody's answer
 * may say something else afterwards are processes told to forget it: then it ends holding the version of all sides.
 */
export async function mergeLinkedPlacements(
  connection: Queryable,
  of: LinkedPhases,
  linked: LinkedKeys,
): Promise<LinkedPlacements> {
  const merges = mergesOf(of, linked, await holdPlacements(connection, of, linked));
  const carried = merges.filter(({ kept, unit, pausedAt }) => kept.unit !== unit || kept.pausedAt !== pausedAt);
  await putAway(connection, of.migration, merges);
  await carryOver(connection, of.migration, carried);
  const contradictions = merges.flatMap(({ phase, unit, contradicting }) =>
    contradicting.map((placement) => ({ placement, phase, unit })),
  );
  await keepOwn(connection, of, linked, contradictions);
  await openCases(connection, of, contradictions);
  const telling = merges.filter(({ merged, contradicting }) => merged.length + contradicting.length > 0);
  if (telling.length > 0) {
    await dropAnswers(
      connection,
      of.migration,
      telling.flatMap(({ unit, kept, merged, contradicting }) => [
        unit,
        ...[kept, ...merged, ...contradicting].map((placement) => placement.unit),
      ]),
    );
  }
  return {
    carriedOver: merges.filter(({ kept, unit }) => kept.unit !== unit).length,
    merged: merges.reduce((sum, { merged }) => sum + merged.length, 0),
    contradicting: new Set(contradictions.map(({ placement }) => placement.unit)),
  };
}

/** The key that a key's side in a phase stands under. */
function placedUnder({ owners, ...links }: Links, key: string, takesVisitors: boolean): string {
  const root = rootOf(links, key);
  return (takesVisitors ? owners.get(root) : undefined) ?? root;
}

/** Every placement of the keys, and of those that they stand for. Held by phase and unit, as by all who hold several. */
async function holdPlacements(
  connection: Queryable,
  { migration, phases }: LinkedPhases,
  { keys, links }: LinkedKeys,
): Promise<PlacementRow[]> {
  const units = keys.flatMap((key) => [key, placedUnder(links, key, false), placedUnder(links, key, true)]);
  const { rows } = await connection.query<PlacementRow & Record<string, unknown>>(
    `SELECT p.phase, p.unit, p.side, p.closed_at IS NOT NULL AS closed,
            (extract(epoch FROM p.placed_at) * 1000)::float8 AS "placedAt", (extract(epoch FROM p.paused_at) * 1000)::float8 AS "pausedAt"
       FROM placement p JOIN unnest($2::text[]) AS f (phase) ON f.phase = p.phase
      WHERE p.migration = $1 AND p.unit = ANY ($3) ORDER BY p.phase, p.unit FOR UPDATE OF p`,
    [migration, phases.map(({ phase }) => phase), [...new Set(units)]],
  );
  return rows;
}

function mergesOf({ phases }: LinkedPhases, { keys, links }: LinkedKeys, rows: readonly PlacementRow[]): Merge[] {
  return phases.flatMap(({ phase, takesVisitors }) => {
    const own = new Map(rows.filter((row) => row.phase === phase).map((row) => [row.unit, row]));
    const into = new Map<string, PlacementRow[]>();
    for (const key of keys) {
      const unit = placedUnder(links, key, takesVisitors);
      const row = own.get(key);
      if (row === undefined || unit === key) continue;
      const stays = own.get(unit);
      const rowsInto = into.get(unit) ?? (stays === undefined ? [] : [stays]);
      into.set(unit, [...rowsInto, row]);
    }
    return [...into].map(([unit, placements]) => ({ phase, unit, ...mergePlacements(unit, placements) }));
  });
}

/** I10: what went into another placement is kept as it was. */
async function putAway(connection: Queryable, migration: string, merges: readonly Merge[]): Promise<void> {
  const gone = merges.flatMap(({ phase, unit, merged }) =>
    merged.map((row) => ({ phase, unit: row.unit, into: unit })),
  );
  if (gone.length === 0) return;
  await connection.query(
    `WITH gone AS (
       DELETE FROM placement p USING unnest($2::text[], $3::text[], $4::text[]) AS g (phase, unit, merged_into)
        WHERE p.migration = $1 AND p.phase = g.phase AND p.unit = g.unit
       RETURNING p.phase, p.unit, g.merged_into, to_jsonb(p) AS placement
     )
     INSERT INTO merged_placement (migration, phase, unit, merged_into, placement)
     SELECT $1, phase, unit, merged_into, placement FROM gone`,
    [migration, gone.map(({ phase }) => phase), gone.map(({ unit }) => unit), gone.map(({ into }) => into)],
  );
}

async function carryOver(connection: Queryable, migration: string, carried: readonly Merge[]): Promise<void> {
  if (carried.length === 0) return;
  await connection.query(
    `UPDATE placement p SET unit = c.unit, paused_at = coalesce(p.paused_at, to_timestamp(c.paused_at / 1000))
       FROM unnest($2::text[], $3::text[], $4::text[], $5::float8[]) AS c (phase, kept, unit, paused_at)
      WHERE p.migration = $1 AND p.phase = c.phase AND p.unit = c.kept`,
    [
      migration,
      carried.map(({ phase }) => phase),
      carried.map(({ kept }) => kept.unit),
      carried.map(({ unit }) => unit),
      carried.map(({ pausedAt }) => pausedAt),
    ],
  );
}

/**
 * I1: a key that was answered by a placement of another one, and would be by one on the other side since, goes on as before: by a placement of its own, as
 * the one is that it was answered by.
 */
async function keepOwn(
  connection: Queryable,
  { migration, phases }: LinkedPhases,
  { before, links }: LinkedKeys,
  contradictions: readonly { placement: PlacementRow; phase: string }[],
): Promise<void> {
  const known = [...new Set([...before.aliases.keys(), ...before.owners.keys()])];
  const own = phases.flatMap(({ phase, takesVisitors }) => {
    const keeps = new Set(contradictions.filter((one) => one.phase === phase).map(({ placement }) => placement.unit));
    if (keeps.size === 0) return [];
    const under = (key: string): string => (keeps.has(key) ? key : placedUnder(links, key, takesVisitors));
    return known
      .map((unit) => ({ phase, unit, of: under(placedUnder(before, unit, takesVisitors)) }))
      .filter(({ unit, of }) => !keeps.has(unit) && of !== under(rootOf(links, unit)));
  });
  if (own.length === 0) return;
  await connection.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, placed_at, moved_from, moved_at, moved_because, paused_at)
     SELECT p.migration, p.phase, o.unit, p.cohort, p.side, p.epoch, p.placed_at, p.moved_from, p.moved_at, p.moved_because, p.paused_at
       FROM unnest($2::text[], $3::text[], $4::text[]) AS o (phase, of_unit, unit)
       JOIN placement p ON p.migration = $1 AND p.phase = o.phase AND p.unit = o.of_unit
     ON CONFLICT (migration, phase, unit) DO NOTHING`,
    [migration, own.map(({ phase }) => phase), own.map(({ of }) => of), own.map(({ unit }) => unit)],
  );
}

/** One case for each key that keeps a side of its own, in the first phase in which it does. */
async function openCases(
  connection: Queryable,
  { migration, phases }: LinkedPhases,
  contradictions: readonly { placement: PlacementRow; phase: string; unit: string }[],
): Promise<void> {
  const cases = contradictions.filter(
    ({ placement }, at) => contradictions.findIndex((one) => one.placement.unit === placement.unit) === at,
  );
  if (cases.length === 0) return;
  const queues = cases.map(({ phase }) => phases.find((one) => one.phase === phase)?.queue);
  await connection.query(
    `INSERT INTO exception (migration, cause, queue, phase, cohort, side, journey, subject, owner, opened_at, due_at)
     SELECT $1, concat_ws(':', 'link', c.alias), c.queue, c.phase, p.cohort, p.side, c.alias, c.unit, c.owner,
            clock_timestamp(), clock_timestamp() + c.sla * interval '1 millisecond'
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[]) AS c (phase, alias, unit, queue, owner, sla)
       JOIN placement p ON p.migration = $1 AND p.phase = c.phase AND p.unit = c.alias
     ON CONFLICT (migration, cause) DO NOTHING`,
    [
      migration,
      cases.map(({ phase }) => phase),
      cases.map(({ placement }) => placement.unit),
      cases.map(({ unit }) => unit),
      queues.map((queue) => queue?.id),
      queues.map((queue) => queue?.owner),
      queues.map((queue) => queue?.sla),
    ],
  );
}

/** Of every key of theirs, and of their visitors: each is remembered by its own name. The version comes last: its row is everyone's. */
async function dropAnswers(connection: Queryable, migration: string, units: readonly string[]): Promise<void> {
  await connection.query(
    `WITH keys AS MATERIALIZED (
       SELECT DISTINCT k.unit FROM unnest($2::text[]) AS u (unit)
        CROSS JOIN LATERAL keys_of_person($1, u.unit) AS p (unit)
        CROSS JOIN LATERAL keys_of_person($1, p.unit) AS k (unit)
     ), raised AS MATERIALIZED (
       SELECT raise_sides_version() AS version FROM (SELECT count(*) FROM keys) every_key
     )
     INSERT INTO side_change (version, migration, phase, unit) SELECT r.version, $1, NULL, k.unit FROM raised r CROSS JOIN keys k`,
    [migration, [...new Set(units)]],
  );
}
