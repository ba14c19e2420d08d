import type { PlanQueue } from '../domain/plan/plan-schema';
import { BOARD_DIMENSIONS, type BoardDimension, type BoardSlice } from '../domain/status/case-board';
import type { QueueFlow, QueueTally } from '../domain/status/migration-status';
import { parseDuration, type Milliseconds } from '../domain/time/duration';
import { compress } from '../domain/time/time-scale';
import { countEnded } from './case-flow';
import type { Queryable } from './database';
import { countLeaks } from './tickets';

const HOUR = parseDuration('1h') ?? 0;
const DAY = parseDuration('1d') ?? 0;

type Dimension = 'queue' | BoardDimension;

/** The board: every queue of the plan with its volume, by the database's clock. What ended long ago is not read for it. */
export async function readQueueBoard(
  connection: Queryable,
  migration: { id: string; timeScale: number },
  queues: readonly PlanQueue[],
): Promise<QueueTally[]> {
  const tally = await Tally.read(connection, migration, ['queue']);
  return queueTallies(connection, migration, queues, tally);
}

/** The same, and the cases of each side, phase and cohort in all queues together. */
export async function readSlicedBoard(
  connection: Queryable,
  migration: { id: string; timeScale: number },
  queues: readonly PlanQueue[],
): Promise<{ queues: QueueTally[]; by: Record<BoardDimension, BoardSlice[]> }> {
  const tally = await Tally.read(connection, migration, ['queue', ...BOARD_DIMENSIONS]);
  return {
    queues: await queueTallies(connection, migration, queues, tally),
    by: {
      side: tally.slices('side'),
      phase: tally.slices('phase'),
      cohort: tally.slices('cohort'),
    },
  };
}

async function queueTallies(
  connection: Queryable,
  { id: migration, timeScale }: { id: string; timeScale: number },
  queues: readonly PlanQueue[],
  tally: Tally,
): Promise<QueueTally[]> {
  const ended = await countEnded(connection, migration);
  const leaks = await countLeaks(connection, migration, compress(DAY, timeScale));
  return queues.map(({ id, owner, sla, tickets }) => {
    const { value: _, ...slice } = tally.slice('queue', id);
    return {
      ...{ queue: id, owner, slaMs: compress(sla, timeScale), resolved: ended.get(id) ?? 0 },
      ...slice,
      oldestOpenedAt: tally.oldestOpenedAt('queue', id),
      leaks: tickets === undefined ? null : (leaks.get(id) ?? { all: 0, day: 0 }),
    };
  });
}

interface Volume {
  dimension: Dimension;
  value: string | null;
  open: number;
  overdue: number;
  assigned: number;
  snoozed: number;
  recovered: number;
  medianAgeMs: Milliseconds;
  p90AgeMs: Milliseconds;
  oldestAgeMs: Milliseconds;
  oldestOpenedAt: Date;
}

interface Flow {
  dimension: Dimension;
  value: string | null;
  inHour: number;
  inDay: number;
  outHour: number;
  outDay: number;
}

/** Open cases, and what came and went of late, by whatever they are told apart by. */
class Tally {
  private constructor(
    private readonly volumes: ReadonlyMap<string, Volume>,
    private readonly flows: ReadonlyMap<string, Flow>,
  ) {}

  static async read(
    connection: Queryable,
    { id, timeScale }: { id: string; timeScale: number },
    by: readonly Dimension[],
  ): Promise<Tally> {
    const volumes = await countVolumes(connection, id, by);
    const flows = await countFlows(connection, id, by, compress(HOUR, timeScale), compress(DAY, timeScale));
    return new Tally(byKey(volumes), byKey(flows));
  }

  /** Every value that a case of the last day or an open one has; what is of none comes last. */
  slices(dimension: BoardDimension): BoardSlice[] {
    const values = new Set(
      [...this.volumes.values(), ...this.flows.values()]
        .filter((row) => row.dimension === dimension)
        .map(({ value }) => value),
    );
    return [...values]
      .sort((one, other) => (one === null ? 1 : other === null ? -1 : one < other ? -1 : 1))
      .map((value) => this.slice(dimension, value));
  }

  slice(dimension: Dimension, value: string | null): BoardSlice {
    const volume = this.volumes.get(key({ dimension, value }));
    const flow = this.flows.get(key({ dimension, value }));
    return {
      value,
      open: volume?.open ?? 0,
      overdue: volume?.overdue ?? 0,
      assigned: volume?.assigned ?? 0,
      snoozed: volume?.snoozed ?? 0,
      recovered: volume?.recovered ?? 0,
      medianAgeMs: volume?.medianAgeMs ?? null,
      p90AgeMs: volume?.p90AgeMs ?? null,
      oldestAgeMs: volume?.oldestAgeMs ?? null,
      inflow: windows(flow?.inHour, flow?.inDay),
      outflow: windows(flow?.outHour, flow?.outDay),
    };
  }

  oldestOpenedAt(dimension: Dimension, value: string): string | null {
    return this.volumes.get(key({ dimension, value }))?.oldestOpenedAt.toISOString() ?? null;
  }
}

function windows(hour = 0, day = 0): QueueFlow {
  return { hour, day };
}

function byKey<Row extends { dimension: Dimension; value: string | null }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [key(row), row]));
}

function key({ dimension, value }: { dimension: Dimension; value: string | null }): string {
  return value === null ? dimension : `${dimension} ${value}`;
}

/** Each of the dimensions for itself; and of the row which it is, and its value. The names are this module's own. */
function grouped(by: readonly Dimension[]): { sets: string; dimension: string; value: string } {
  const isBy = (name: Dimension): string => `WHEN GROUPING(${name}) = 0 THEN`;
  return {
    sets: `GROUPING SETS (${by.map((name) => `(${name})`).join(', ')})`,
    dimension: `CASE ${by.map((name) => `${isBy(name)} '${name}'`).join(' ')} END`,
    value: `CASE ${by.map((name) => `${isBy(name)} ${name}`).join(' ')} END`,
  };
}

/** By the index of open cases, however many have ended. Ages are those that a case has had; the middle one and that of the slowest tenth. */
async function countVolumes(connection: Queryable, migration: string, by: readonly Dimension[]): Promise<Volume[]> {
  const { sets, dimension, value } = grouped(by);
  const { rows } = await connection.query<Volume & Record<string, unknown>>(
    `WITH open AS MATERIALIZED (
       SELECT queue, side, phase, cohort, opened_at, due_at, assigned_to, snoozed_until, recovered_at, unrecovered
         FROM exception WHERE migration = $1 AND state = 'open'
     ), counted AS (
       SELECT ${dimension} AS dimension, ${value} AS value, count(*)::float8 AS open,
              (count(*) FILTER (WHERE due_at < statement_timestamp()))::float8 AS overdue, count(assigned_to)::float8 AS assigned,
              (count(*) FILTER (WHERE snoozed_until > statement_timestamp()))::float8 AS snoozed,
              (count(*) FILTER (WHERE recovered_at IS NOT NULL AND unrecovered = 0))::float8 AS recovered,
              percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY opened_at DESC) AS at, min(opened_at) AS "oldestOpenedAt"
         FROM open GROUP BY ${sets}
     )
     SELECT dimension, value, open, overdue, assigned, snoozed, recovered, "oldestOpenedAt", ${ageOf('at[1]')} AS "medianAgeMs", ${ageOf('at[2]')} AS "p90AgeMs",
            ${ageOf('"oldestOpenedAt"')} AS "oldestAgeMs" FROM counted`,
    [migration],
  );
  return rows;
}

function ageOf(openedAt: string): string {
  return `round(extract(epoch FROM statement_timestamp() - ${openedAt}) * 1000)::float8`;
}

/**
 * What came in, and what people did, of late. A case that ended twice went out twice, and came in again in between: of the few that were ever reopened it is
 * read from what was done about them, of the others from themselves.
 */
async function countFlows(
  connection: Queryable,
  migration: string,
  by: readonly Dimension[],
  hour: Milliseconds,
  day: Milliseconds,
): Promise<Flow[]> {
  const { sets, dimension, value } = grouped(by);
  const { rows } = await connection.query<Flow & Record<string, unknown>>(
    `WITH flowed AS MATERIALIZED (
       SELECT queue, side, phase, cohort, opened_at > statement_timestamp() - $2::float8 * interval '1 millisecond' AS late, true AS came
         FROM exception WHERE migration = $1 AND opened_at > statement_timestamp() - $3::float8 * interval '1 millisecond'
        UNION ALL
       SELECT queue, side, phase, cohort, resolved_at > statement_timestamp() - $2::float8 * interval '1 millisecond', false
         FROM exception WHERE migration = $1 AND state <> 'open' AND reopened = 0 AND resolved_at > statement_timestamp() - $3::float8 * interval '1 millisecond'
        UNION ALL
       SELECT e.queue, e.side, e.phase, e.cohort, a.at > statement_timestamp() - $2::float8 * interval '1 millisecond', a.action = 'reopened'
         FROM exception e JOIN exception_action a ON a.exception = e.id
        WHERE e.migration = $1 AND e.reopened > 0 AND a.migration = $1 AND a.changed AND a.action IN ('resolved', 'accepted', 'merged', 'reopened')
          AND a.at > statement_timestamp() - $3::float8 * interval '1 millisecond'
     )
     SELECT ${dimension} AS dimension, ${value} AS value,
            (count(*) FILTER (WHERE came AND late))::float8 AS "inHour", (count(*) FILTER (WHERE came))::float8 AS "inDay",
            (count(*) FILTER (WHERE NOT came AND late))::float8 AS "outHour", (count(*) FILTER (WHERE NOT came))::float8 AS "outDay"
       FROM flowed GROUP BY ${sets}`,
    [migration, hour, day],
  );
  return rows;
}
