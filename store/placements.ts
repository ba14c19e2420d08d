import type { SplitKey } from '../activities/traffic/traffic-router';
import { DomainError } from '../domain/domain-error';
import { StaleEpoch } from '../domain/sides/stale-epoch';
import type { SplitMode } from '../domain/sides/split-mode';
import type { UnitKind } from '../domain/sides/units';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { EVENTS_OF_UNIT } from './unit-events';

export interface PlacementCount {
  phase: string;
  /** null: in no declared cohort. */
  cohort: string | null;
  legacy: number;
  target: number;
}

/** How many units of a migration are on which side now, by phase and cohort. */
export async function countPlacements(connection: Queryable, migration: string): Promise<PlacementCount[]> {
  const { rows } = await connection.query<PlacementCount & Record<string, unknown>>(
    `SELECT phase, cohort, (count(*) FILTER (WHERE side = 'legacy'))::float8 AS legacy,
            (count(*) FILTER (WHERE side = 'target'))::float8 AS target
       FROM placement WHERE migration = $1 GROUP BY phase, cohort ORDER BY phase, cohort`,
    [migration],
  );
  return rows;
}

/** A milestone of a phase, in journey order. */
export interface ReachableMilestone {
  id: string;
  /** The type of event that a person reaches it by. */
  reachedBy: string;
}

/** The people of a phase and cohort who are on target, by how far they got. */
export interface OnTarget extends SplitKey {
  unitKind: UnitKind;
  milestones: readonly ReachableMilestone[];
}

/** The ordinal, from 1, of the last milestone that unit `u` of kind $4 reached, by types $5 in journey order; 0 for none. */
const LAST_MILESTONE = `
  SELECT coalesce(max(m.ordinal), 0)::int AS reached
    FROM (${EVENTS_OF_UNIT}) e JOIN unnest($5::text[]) WITH ORDINALITY AS m (type, ordinal) ON m.type = e.type`;

/** How many people are on target, by the last milestone they reached; null for none. Those whose unit is closed are not in flight. */
export async function inFlightOnTarget(
  connection: Queryable,
  of: OnTarget,
): Promise<{ milestone: string | null; people: number }[]> {
  const { rows } = await connection.query<{ reached: number; people: number }>(
    `SELECT r.reached, count(*)::float8 AS people
       FROM placement u CROSS JOIN LATERAL (${LAST_MILESTONE}) r
      WHERE u.migration = $1 AND u.phase = $2 AND u.cohort = $3 AND u.side = 'target' AND u.closed_at IS NULL
      GROUP BY r.reached ORDER BY r.reached`,
    [of.migration, of.phase, of.cohort, of.unitKind, of.milestones.map(({ reachedBy }) => reachedBy)],
  );
  return rows.map(({ reached, people }) => ({ milestone: of.milestones[reached - 1]?.id ?? null, people }));
}

/** People can be brought back only while nobody new goes to target. */
export class NotReturning extends DomainError {
  readonly code = 'not-returning';
  readonly status = 409;
  constructor() {
    super("The split still takes arrivals. Put it into mode 'returning' first, then bring people back.");
  }
}

export interface BringBack extends OnTarget {
  /** The epoch that put the split into mode `returning`. */
  epoch: number;
  /** Who comes back, by the last milestone they reached; null: those who reached none. */
  bringBack: readonly (string | null)[];
  /** Where each one's open journey is worked on. */
  queue: { id: string; owner: string; slaMs: Milliseconds };
  /** Units a transaction takes at most. */
  batchSize?: number;
}

const BATCH_SIZE = 200;

/**
 * Moves people from target to legacy, with an exception in the queue for each journey that was cut through (I1). Batch by batch, each
 * one transaction; after a crash, call it again with the same arguments and it goes on with those who are left. How far
 * somebody got is looked at when they are moved. Gives the number that this call moved.
 * @throws StaleEpoch where the split has changed since; NotReturning
 */
export async function bringBackUnits(db: Database, of: BringBack): Promise<number> {
  let moved = 0;
  let after: string | null = '';
  while (after !== null) {
    const from: string = after;
    const batch = await db.transaction((connection) => bringBackBatch(connection, of, from));
    moved += batch.moved;
    after = batch.last;
  }
  return moved;
}

interface MovedBatch {
  /** Key of the last unit that was looked at; null: there was none. */
  last: string | null;
  moved: number;
  /** Exceptions opened for them. */
  opened: number;
}

async function bringBackBatch(connection: Queryable, of: BringBack, after: string): Promise<MovedBatch> {
  const planHash = await holdReturningSplit(connection, of);
  const batch = await moveBatch(connection, of, after);
  if (batch.moved === 0) return batch;
  const { migration, phase, cohort, epoch, bringBack, queue } = of;
  await appendAudit(connection, {
    ...{ migration, phase, cohort, planHash },
    actor: 'system:rollback',
    verified: true,
    action: 'placement.broughtBack',
    reason: 'A rollback brings back those who had not got further than its plan says.',
    evidence: { epoch, milestones: bringBack, moved: batch.moved, opened: batch.opened, queue: queue.id },
  });
  return batch;
}

/** Keeps the split as it is until the batch is committed. Gives the hash of the migration's plan. */
async function holdReturningSplit(connection: Queryable, of: BringBack): Promise<string> {
  const { rows } = await connection.query<{ epoch: number; mode: SplitMode; planHash: string }>(
    `SELECT s.epoch::float8 AS epoch, s.mode, m.plan_hash AS "planHash"
       FROM split s JOIN migration m ON m.id = s.migration
      WHERE s.migration = $1 AND s.phase = $2 AND s.cohort = $3 FOR SHARE OF s`,
    [of.migration, of.phase, of.cohort],
  );
  const split = rows[0];
  if (split?.epoch !== of.epoch) throw new StaleEpoch(of.epoch, split?.epoch ?? 0);
  if (split.mode !== 'returning') throw new NotReturning();
  return split.planHash;
}

/**
 * I1: one exception for each open journey of a unit: each in which a handoff is open or an event waits to be matched, and always
 * the last one that the unit was seen in. A unit that nothing was reported of stands for itself, so that whoever works on it has
 * its key.
 */
async function moveBatch(connection: Queryable, of: BringBack, after: string): Promise<MovedBatch> {
  const { rows } = await connection.query<MovedBatch & Record<string, unknown>>(
    `WITH batch AS MATERIALIZED (
       SELECT p.unit FROM placement p
        WHERE p.migration = $1 AND p.phase = $2 AND p.cohort = $3 AND p.side = 'target' AND p.closed_at IS NULL AND p.unit > $6
        ORDER BY p.unit LIMIT $7 FOR UPDATE
     ), leaving AS MATERIALIZED (
       SELECT u.unit FROM batch u CROSS JOIN LATERAL (${LAST_MILESTONE}) r WHERE r.reached = ANY ($8::int[])
     ), moment AS MATERIALIZED (
       SELECT clock_timestamp() AS now
     ), moved AS (
       UPDATE placement p SET side = 'legacy', moved_from = 'target', moved_at = moment.now, moved_because = 'bringBack'
         FROM leaving l, moment
        WHERE p.migration = $1 AND p.phase = $2 AND p.unit = l.unit
        RETURNING p.unit
     ), opened AS (
       INSERT INTO exception (migration, cause, queue, phase, cohort, side, journey, subject, owner, opened_at, due_at)
       SELECT $1, concat_ws(':', 'bringBack', $2::text, u.unit, $9::text, coalesce(seen.journey, u.unit)), $10, $2, $3, 'target',
              coalesce(seen.journey, u.unit), coalesce(seen.subject, u.unit), $11, moment.now, moment.now + $12 * interval '1 millisecond'
         FROM moment, moved u
         LEFT JOIN LATERAL (
           SELECT j.journey, j.subject
             FROM (SELECT n.journey, n.subject, row_number() OVER (ORDER BY n.time DESC, n.sequence DESC, n.seq DESC) AS age
                     FROM (SELECT DISTINCT ON (e.journey) e.journey, e.subject, e.time, e.sequence, e.seq FROM event e
                            WHERE e.migration = $1 AND e.units @> jsonb_build_object($4::text, u.unit)
                            ORDER BY e.journey, e.time DESC, e.sequence DESC, e.seq DESC) n) j
            WHERE j.age = 1
               OR EXISTS (SELECT FROM handoff_occurrence o WHERE o.migration = $1 AND o.journey = j.journey AND o.outcome IS NULL)
               OR EXISTS (SELECT FROM event w WHERE w.migration = $1 AND w.journey = j.journey AND w.disposition IS NULL)
         ) seen ON true
       ON CONFLICT (migration, cause) DO NOTHING
       RETURNING id
     )
     SELECT (SELECT max(unit) FROM batch) AS last, (SELECT count(*) FROM moved)::int AS moved,
            (SELECT count(*) FROM opened)::int AS opened`,
    [
      of.migration,
      of.phase,
      of.cohort,
      of.unitKind,
      of.milestones.map(({ reachedBy }) => reachedBy),
      after,
      of.batchSize ?? BATCH_SIZE,
      of.bringBack.map((id) =>
        id === null ? 0 : of.milestones.findIndex((milestone) => milestone.id === id) + 1 || -1,
      ),
      of.epoch,
      of.queue.id,
      of.queue.owner,
      of.queue.slaMs,
    ],
  );
  const batch = rows[0];
  if (batch === undefined) throw new Error('A batch answered nothing.');
  return batch;
}
