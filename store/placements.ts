import type { SplitKey } from '../activities/traffic/traffic-router';
import { DomainError } from '../domain/domain-error';
import type { InFlightGroup } from '../domain/rollback/plan-rollback';
import { StaleEpoch } from '../domain/sides/stale-epoch';
import type { SplitMode } from '../domain/sides/split-mode';
import type { UnitKind } from '../domain/sides/units';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { linksMark, holdLinks } from './hold-links';
import { pagesOf, UNIT_EVENTS, unitEventsFor, type UnitEvents } from './unit-events';

export interface PlacementCount {
  phase: string;
  /** null: in no declared cohort. */
  cohort: string | null;
  legacy: number;
  target: number;
}

/** How many units of a migration are on which side now, by phase and cohort. Test units that were given a side by name are none of them. */
export async function countPlacements(connection: Queryable, migration: string): Promise<PlacementCount[]> {
  const { rows } = await connection.query<PlacementCount & Record<string, unknown>>(
    `SELECT phase, cohort, (count(*) FILTER (WHERE side = 'legacy'))::float8 AS legacy,
            (count(*) FILTER (WHERE side = 'target'))::float8 AS target
       FROM placement WHERE migration = $1 AND (moved_because LIKE 'override%') IS NOT TRUE GROUP BY phase, cohort ORDER BY phase, cohort`,
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
const lastMilestone = ({ eventsOfUnit }: UnitEvents): string => `
  SELECT coalesce(max(m.ordinal), 0)::int AS reached
    FROM (${eventsOfUnit}) e JOIN unnest($5::text[]) WITH ORDINALITY AS m (type, ordinal) ON m.type = e.type`;

/**
 * The people on target by the last milestone they reached, null for none. Those whose unit is closed are not in flight. Some thousand at a time, so
 * that no number of people is too many for one statement: not as of one moment.
 * @param of `countCases`: whether their open journeys are counted; else each stands for one
 */
export async function inFlightOnTarget(
  connection: Queryable,
  of: OnTarget & { countCases?: boolean; atOnce?: number },
): Promise<InFlightGroup[]> {
  const { rows: units } = await connection.query<{ unit: string }>(
    `SELECT unit FROM placement WHERE migration = $1 AND phase = $2 AND cohort = $3 AND side = 'target' AND closed_at IS NULL`,
    [of.migration, of.phase, of.cohort],
  );
  const events = await unitEventsFor(connection, of.migration);
  const groups = new Map<number, Omit<InFlightGroup, 'milestone'>>();
  for (const page of pagesOf(units, of.atOnce)) {
    for (const { reached, ...more } of await inFlightAmong(connection, of, events, page)) {
      const sum = groups.get(reached);
      groups.set(reached, sum === undefined ? more : added(sum, more));
    }
  }
  return [...groups]
    .sort(([one], [other]) => one - other)
    .map(([reached, counts]) => ({ milestone: of.milestones[reached - 1]?.id ?? null, ...counts }));
}

type Counted = Omit<InFlightGroup, 'milestone'> & { reached: number };

async function inFlightAmong(
  connection: Queryable,
  of: OnTarget & { countCases?: boolean },
  events: UnitEvents,
  units: readonly string[],
): Promise<Counted[]> {
  const { rows } = await connection.query<Counted & Record<string, unknown>>(
    `SELECT r.reached, count(*)::float8 AS people, count(u.paused_at)::float8 AS paused, sum(c.cases)::float8 AS cases,
            coalesce(sum(c.cases) FILTER (WHERE u.paused_at IS NULL), 0)::float8 AS "newCases"
       FROM placement u CROSS JOIN LATERAL (${lastMilestone(events)}) r
      CROSS JOIN LATERAL (SELECT greatest(count(*), 1) AS cases FROM (${events.openJourneys}) j WHERE $6::boolean) c
      WHERE u.migration = $1 AND u.phase = $2 AND u.cohort = $3 AND u.side = 'target' AND u.closed_at IS NULL AND u.unit = ANY ($7::text[])
      GROUP BY r.reached`,
    [
      ...[of.migration, of.phase, of.cohort, of.unitKind, of.milestones.map(({ reachedBy }) => reachedBy)],
      ...[of.countCases === true, units],
    ],
  );
  return rows;
}

function added(
  one: Omit<InFlightGroup, 'milestone'>,
  other: Omit<InFlightGroup, 'milestone'>,
): Omit<InFlightGroup, 'milestone'> {
  return {
    people: one.people + other.people,
    paused: one.paused + other.paused,
    cases: one.cases + other.cases,
    newCases: one.newCases + other.newCases,
  };
}

/** People can be brought back, or let wait, only while nobody new goes to target. */
export class NotReturning extends DomainError {
  readonly code = 'not-returning';
  readonly status = 409;
  constructor() {
    super("The split still takes arrivals. Put it into mode 'returning' first, then bring people back.");
  }
}

/** People in the middle of a journey, whom a rollback reaches. */
export interface ReachInFlight extends OnTarget {
  /** The epoch that put the split into mode `returning`. */
  epoch: number;
  /** Who is reached, by the last milestone they reached; null: those who reached none. */
  reached: readonly (string | null)[];
  /** Where each one's open journey is worked on. */
  queue: { id: string; owner: string; slaMs: Milliseconds };
  /** Only as many as leave no more open cases than this in the queue. */
  within?: number;
  /** Units a transaction takes at most. */
  batchSize?: number;
  /** Told in each batch's transaction how many it moved. */
  counted?: (connection: Queryable, moved: number) => Promise<void>;
}

export interface BringBack extends Omit<ReachInFlight, 'reached'> {
  /** Who comes back, by the last milestone they reached; null: those who reached none. */
  bringBack: readonly (string | null)[];
}

const BATCH_SIZE = 200;

/**
 * Moves people from target to legacy, with an exception in the queue for each journey that was cut through (I1). Batch by batch, each
 * one transaction; after a crash, call it again with the same arguments and it goes on with those who are left. How far
 * somebody got is looked at when they are moved. Gives the number that this call moved.
 * @throws StaleEpoch where the split has changed since; NotReturning
 */
export async function bringBackUnits(db: Database, { bringBack, ...of }: BringBack): Promise<number> {
  return reachAll(db, { ...of, reached: bringBack }, BRING_BACK);
}

/**
 * Lets people wait on target for a person, with an exception in the queue for each of their open journeys (I1): their side stays, and each
 * answer says that they wait. Otherwise as `bringBackUnits`. Who waits already is left as they are.
 * @throws StaleEpoch where the split has changed since; NotReturning
 */
export async function pauseUnits(db: Database, of: ReachInFlight): Promise<number> {
  return reachAll(db, of, PAUSE);
}

/** What a rollback does to somebody in the middle of a journey. */
interface Reach {
  /** The kind of cause that their exceptions have. */
  cause: 'bringBack' | 'pause';
  action: string;
  reason: string;
  /** Of placement `p`: who is not done with yet. */
  left: string;
  /** Of their placement, at `moment.now`. */
  becomes: string;
}

const BRING_BACK: Reach = {
  cause: 'bringBack',
  action: 'placement.broughtBack',
  reason: 'A rollback brings back those who had not got further than its plan says.',
  left: 'true',
  becomes: `side = 'legacy', moved_from = 'target', moved_at = moment.now, moved_because = 'bringBack', paused_at = NULL`,
};

const PAUSE: Reach = {
  cause: 'pause',
  action: 'placement.paused',
  reason: 'A rollback lets those wait for a person who got as far as its plan says.',
  left: 'p.paused_at IS NULL',
  becomes: 'paused_at = moment.now',
};

async function reachAll(db: Database, of: ReachInFlight, reach: Reach): Promise<number> {
  let moved = 0;
  let links = await linksMark(db, of.migration);
  for (;;) {
    moved += await reachInOrder(db, of, reach);
    // A link may have put somebody under a key that had its turn: each pass ends with those who are left.
    const linked = await linksMark(db, of.migration);
    if (linked === links) return moved;
    links = linked;
  }
}

async function reachInOrder(db: Database, of: ReachInFlight, reach: Reach): Promise<number> {
  let moved = 0;
  let after: string | null = '';
  while (after !== null) {
    const from: string = after;
    const batch = await db.transaction((connection) => reachBatch(connection, of, reach, from));
    moved += batch.moved;
    after = batch.last;
  }
  return moved;
}

interface ReachedBatch {
  /** Key of the last unit that was looked at; null: there was none, or there is no room for the next. */
  last: string | null;
  moved: number;
  /** Exceptions opened for them. */
  opened: number;
}

async function reachBatch(
  connection: Queryable,
  of: ReachInFlight,
  reach: Reach,
  after: string,
): Promise<ReachedBatch> {
  await holdLinks(connection, [of.migration]);
  const planHash = await holdReturningSplit(connection, of);
  const room = await roomFor(connection, of);
  await holdBatch(connection, of, reach, after);
  const batch = await takeBatch(connection, of, reach, after, room);
  if (batch.moved === 0) return batch;
  const { migration, phase, cohort, epoch, reached, queue } = of;
  await of.counted?.(connection, batch.moved);
  await appendAudit(connection, {
    ...{ migration, phase, cohort, planHash },
    actor: 'system:rollback',
    verified: true,
    action: reach.action,
    reason: reach.reason,
    evidence: { epoch, milestones: reached, moved: batch.moved, opened: batch.opened, queue: queue.id },
  });
  return batch;
}

/** Keeps the split as it is until the batch is committed. Gives the hash of the migration's plan. */
async function holdReturningSplit(connection: Queryable, of: ReachInFlight): Promise<string> {
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

/** How many cases the queue can take, of those that keep within it: they fill it one after the other. null: as many as there are. */
async function roomFor(connection: Queryable, { migration, queue, within }: ReachInFlight): Promise<number | null> {
  if (within === undefined) return null;
  await connection.query(
    `SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'room', $1::text, $2::text), 0))`,
    [migration, queue.id],
  );
  return Math.max(0, within - (await countOpenCases(connection, migration, queue.id)));
}

/** How many cases of a queue wait for somebody. */
export async function countOpenCases(connection: Queryable, migration: string, queue: string): Promise<number> {
  const { rows } = await connection.query<{ open: number }>(
    `SELECT count(*)::float8 AS open FROM exception WHERE migration = $1 AND queue = $2 AND state = 'open'`,
    [migration, queue],
  );
  return rows[0]?.open ?? 0;
}

/** Whom the batch below takes. */
function nextInBatch({ left }: Reach, { after, limit }: { after: string; limit: string }): string {
  return `
    SELECT p.unit FROM placement p
     WHERE p.migration = $1 AND p.phase = $2 AND p.cohort = $3 AND p.side = 'target' AND p.closed_at IS NULL AND p.unit > ${after} AND ${left}
     ORDER BY p.unit LIMIT ${limit} FOR UPDATE`;
}

/** Waits for whoever holds one of the next, so that how far they got is read by a statement that begins only then. */
async function holdBatch(connection: Queryable, of: ReachInFlight, reach: Reach, after: string): Promise<void> {
  await connection.query(nextInBatch(reach, { after: '$4', limit: '$5' }), [
    ...[of.migration, of.phase, of.cohort, after, of.batchSize ?? BATCH_SIZE],
  ]);
}

/**
 * I1: one exception for each open journey of a unit. A unit that nothing was reported of stands for itself, so that whoever works on it has
 * its key.
 */
async function takeBatch(
  connection: Queryable,
  of: ReachInFlight,
  reach: Reach,
  after: string,
  room: number | null,
): Promise<ReachedBatch> {
  const { cause, becomes } = reach;
  const { rows } = await connection.query<ReachedBatch & Record<string, unknown>>(
    `WITH batch AS MATERIALIZED (${nextInBatch(reach, { after: '$6', limit: '$7' })}
     ), leaving AS MATERIALIZED (
       SELECT u.unit FROM batch u CROSS JOIN LATERAL (${lastMilestone(UNIT_EVENTS)}) r WHERE r.reached = ANY ($8::int[])
     ), journeys AS MATERIALIZED (
       SELECT u.unit, coalesce(seen.journey, u.unit) AS journey, coalesce(seen.subject, u.unit) AS subject
         FROM leaving u LEFT JOIN LATERAL (${UNIT_EVENTS.openJourneys}) seen ON true
     ), fitting AS MATERIALIZED (
       SELECT n.unit FROM (SELECT j.unit, sum(count(*)) OVER (ORDER BY j.unit) AS cases FROM journeys j GROUP BY j.unit) n
        WHERE $13::int IS NULL OR n.cases <= $13
     ), moment AS MATERIALIZED (
       SELECT clock_timestamp() AS now
     ), moved AS (
       UPDATE placement p SET ${becomes}
         FROM fitting f, moment
        WHERE p.migration = $1 AND p.phase = $2 AND p.unit = f.unit
        RETURNING p.unit
     ), opened AS (
       INSERT INTO exception (migration, cause, queue, phase, cohort, side, journey, subject, owner, opened_at, due_at)
       SELECT $1, concat_ws(':', '${cause}', $2::text, j.unit, $9::text, j.journey), $10, $2, $3, 'target',
              j.journey, j.subject, $11, moment.now, moment.now + $12 * interval '1 millisecond'
         FROM moment, moved m JOIN journeys j ON j.unit = m.unit
       ON CONFLICT (migration, cause) DO NOTHING
       RETURNING id
     )
     SELECT CASE WHEN (SELECT count(*) FROM fitting) = (SELECT count(*) FROM leaving) THEN (SELECT max(unit) FROM batch) END AS last,
            (SELECT count(*) FROM moved)::int AS moved, (SELECT count(*) FROM opened)::int AS opened`,
    [
      of.migration,
      of.phase,
      of.cohort,
      of.unitKind,
      of.milestones.map(({ reachedBy }) => reachedBy),
      after,
      of.batchSize ?? BATCH_SIZE,
      of.reached.map((id) => (id === null ? 0 : of.milestones.findIndex((milestone) => milestone.id === id) + 1 || -1)),
      of.epoch,
      of.queue.id,
      of.queue.owner,
      of.queue.slaMs,
      room,
    ],
  );
  const batch = rows[0];
  if (batch === undefined) throw new Error('A batch answered nothing.');
  return batch;
}
