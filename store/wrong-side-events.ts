import type { AttributedPlacement } from '../domain/handoffs/attribution';
import type { Side } from '../domain/sides/side';
import type { WrongSideEvent, WrongSidePage, WrongSideTally } from '../domain/status/wrong-side';
import { PREPARED, type Queryable } from './database';
import { WRONG_SIDE } from './exceptions';
import { placementOf } from './placed-as';
import { preciseMilliseconds } from './sql-time';

/** A unit, by what an event or its journey calls it. */
export interface UnitInPhase {
  migration: string;
  phase: string;
  /** undefined: no event of the journey names it. */
  unit: string | undefined;
  /** The visitor who the patient was, in a phase where visitors have a side until they are known. Their side counts first. */
  visitor: string | undefined;
}

/** How a unit is placed, under whichever of its person's keys. */
export interface FoundPlacement extends AttributedPlacement {
  unit: string;
  /** Somebody looks after those already whom a rollback took back in the middle. */
  broughtBack: boolean;
}

/** The placement of each unit, in their order; null where it has none. */
export async function findPlacements(
  connection: Queryable,
  units: readonly UnitInPhase[],
): Promise<(FoundPlacement | null)[]> {
  if (units.length === 0) return [];
  const { rows } = await connection.query<{
    unit: string | null;
    cohort: string | null;
    epoch: string;
    side: Side;
    placedAt: number;
    movedFrom: Side | null;
    movedAt: number | null;
    because: string | null;
  }>(
    `SELECT p.unit, p.cohort, p.epoch, p.side, ${preciseMilliseconds('p.placed_at')} AS "placedAt",
            p.moved_from AS "movedFrom", ${preciseMilliseconds('p.moved_at')} AS "movedAt", p.moved_because AS because
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS i (migration, phase, visitor, unit, n)
       LEFT JOIN LATERAL (${placementOf('i.migration', 'i.phase', 'i.visitor', 'i.unit')}) p ON true
      ORDER BY i.n`,
    [
      units.map(({ migration }) => migration),
      units.map(({ phase }) => phase),
      units.map(({ visitor }) => visitor ?? null),
      units.map(({ unit }) => unit ?? null),
    ],
    PREPARED,
  );
  return rows.map(({ unit, cohort, epoch, side, placedAt, movedFrom, movedAt, because }) => {
    if (unit === null) return null;
    const moved = movedFrom === null || movedAt === null ? null : { from: movedFrom, at: movedAt };
    return { unit, cohort, epoch, side, placedAt, moved, broughtBack: because === 'bringBack' };
  });
}

/** A finding, before it is written down. */
export interface WrongSideFinding {
  migration: string;
  /** Of the event. */
  source: string;
  id: string;
  type: string;
  journey: string;
  subject: string;
  time: number;
  system: string;
  side: Side;
  phase: string;
  cohort: string | null;
  unit: string;
  placedSide: Side;
}

/** Writes findings down, one for each event however often it is looked at. Gives the number of new ones. */
export async function writeWrongSideEvents(connection: Queryable, found: readonly WrongSideFinding[]): Promise<number> {
  if (found.length === 0) return 0;
  const { rowCount } = await connection.query(
    `INSERT INTO wrong_side_event (migration, source, id, type, journey, subject, time, system, side, phase, cohort, unit, placed_side)
     SELECT i.* FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[], $9::text[],
                            $10::text[], $11::text[], $12::text[], $13::text[])
              AS i (migration, source, id, type, journey, subject, time, system, side, phase, cohort, unit, placed_side)
     ON CONFLICT (migration, source, id) DO NOTHING`,
    [
      found.map((one) => one.migration),
      found.map((one) => one.source),
      found.map((one) => one.id),
      found.map((one) => one.type),
      found.map((one) => one.journey),
      found.map((one) => one.subject),
      found.map((one) => new Date(one.time).toISOString()),
      found.map((one) => one.system),
      found.map((one) => one.side),
      found.map((one) => one.phase),
      found.map((one) => one.cohort),
      found.map((one) => one.unit),
      found.map((one) => one.placedSide),
    ],
  );
  return rowCount ?? 0;
}

/** How many there are of each system and type in each phase, the most first. */
export async function countWrongSideEvents(connection: Queryable, migration: string): Promise<WrongSideTally[]> {
  const { rows } = await connection.query<Omit<WrongSideTally, 'latestAt'> & { latestAt: Date }>(
    `SELECT phase, system, side, type, count(*)::float8 AS events, count(DISTINCT unit)::float8 AS units, max(time) AS "latestAt"
       FROM wrong_side_event WHERE migration = $1 GROUP BY phase, system, side, type ORDER BY events DESC, phase, system, type`,
    [migration],
  );
  return rows.map(({ latestAt, ...tally }) => ({ ...tally, latestAt: latestAt.toISOString() }));
}

/** Which ones, a page at a time. */
export interface WrongSideQuery {
  migration: string;
  phase?: string;
  after?: number;
  limit: number;
}

/** Findings in the order in which they were made. */
export async function listWrongSideEvents(
  connection: Queryable,
  { migration, phase, after = 0, limit }: WrongSideQuery,
): Promise<WrongSidePage> {
  const { rows } = await connection.query<
    Omit<WrongSideEvent, 'time' | 'foundAt'> & { number: number; time: Date; foundAt: Date }
  >(
    `SELECT w.number::float8 AS number, w.phase, w.cohort, w.unit, w.placed_side AS "placedSide", w.system, w.side, w.type, w.id, w.journey, w.subject,
            w.time, w.found_at AS "foundAt",
            (SELECT x.id FROM exception x WHERE x.migration = w.migration AND x.cause = concat_ws(':', $5::text, w.phase, w.unit)) AS exception
       FROM wrong_side_event w
      WHERE w.migration = $1 AND ($2::text IS NULL OR w.phase = $2) AND w.number > $3 ORDER BY w.number LIMIT $4`,
    [migration, phase ?? null, after, limit + 1, WRONG_SIDE],
  );
  const page = rows.slice(0, limit);
  return {
    events: page.map(({ number: _number, time, foundAt, ...event }) => ({
      ...event,
      time: time.toISOString(),
      foundAt: foundAt.toISOString(),
    })),
    next: rows.length > limit ? (page.at(-1)?.number ?? null) : null,
  };
}
