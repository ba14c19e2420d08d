import type { PlanQueue } from '../domain/plan/plan-schema';
import type { QueueFlow, QueueTally } from '../domain/status/migration-status';
import { parseDuration, type Milliseconds } from '../domain/time/duration';
import { compress } from '../domain/time/time-scale';
import type { Queryable } from './database';

const HOUR = parseDuration('1h') ?? 0;
const DAY = parseDuration('1d') ?? 0;

/** The board: every queue of the plan with its volume, by the database's clock. */
export async function readQueueBoard(
  connection: Queryable,
  migration: { id: string; timeScale: number },
  queues: readonly PlanQueue[],
): Promise<QueueTally[]> {
  const hour = compress(HOUR, migration.timeScale);
  const day = compress(DAY, migration.timeScale);
  const volumes = byQueue(await countVolumes(connection, migration.id, hour, day));
  const flows = byQueue(await countFlows(connection, migration.id, hour, day));
  return queues.map(({ id, owner, sla }) => {
    const volume = volumes.get(id);
    const flow = flows.get(id);
    return {
      queue: id,
      owner,
      slaMs: compress(sla, migration.timeScale),
      open: volume?.open ?? 0,
      overdue: volume?.overdue ?? 0,
      assigned: volume?.assigned ?? 0,
      snoozed: volume?.snoozed ?? 0,
      recovered: volume?.recovered ?? 0,
      resolved: volume?.resolved ?? 0,
      oldestOpenedAt: volume?.oldestOpenedAt?.toISOString() ?? null,
      oldestAgeMs: volume?.oldestAgeMs ?? null,
      inflow: sum(volume?.openedInHour, volume?.openedInDay, flow?.reopenedInHour, flow?.reopenedInDay),
      outflow: { hour: flow?.resolvedInHour ?? 0, day: flow?.resolvedInDay ?? 0 },
    };
  });
}

function sum(openedInHour = 0, openedInDay = 0, reopenedInHour = 0, reopenedInDay = 0): QueueFlow {
  return { hour: openedInHour + reopenedInHour, day: openedInDay + reopenedInDay };
}

function byQueue<Row extends { queue: string }>(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.queue, row]));
}

interface Volume {
  queue: string;
  open: number;
  overdue: number;
  assigned: number;
  snoozed: number;
  recovered: number;
  resolved: number;
  oldestOpenedAt: Date | null;
  oldestAgeMs: number | null;
  openedInHour: number;
  openedInDay: number;
}

/** Volume of each queue that ever had an exception. */
async function countVolumes(
  connection: Queryable,
  migration: string,
  hour: Milliseconds,
  day: Milliseconds,
): Promise<Volume[]> {
  const { rows } = await connection.query<Volume & Record<string, unknown>>(
    `SELECT queue,
            (count(*) FILTER (WHERE state = 'open'))::float8 AS open,
            (count(*) FILTER (WHERE state = 'open' AND due_at < statement_timestamp()))::float8 AS overdue,
            (count(*) FILTER (WHERE state = 'open' AND assigned_to IS NOT NULL))::float8 AS assigned,
            (count(*) FILTER (WHERE state = 'open' AND snoozed_until > statement_timestamp()))::float8 AS snoozed,
            (count(*) FILTER (WHERE state = 'open' AND recovered_at IS NOT NULL AND unrecovered = 0))::float8 AS recovered,
            (count(*) FILTER (WHERE state <> 'open'))::float8 AS resolved,
            min(opened_at) FILTER (WHERE state = 'open') AS "oldestOpenedAt",
            round(extract(epoch FROM statement_timestamp() - min(opened_at) FILTER (WHERE state = 'open')) * 1000)::float8 AS "oldestAgeMs",
            (count(*) FILTER (WHERE opened_at > statement_timestamp() - $2::float8 * interval '1 millisecond'))::float8 AS "openedInHour",
            (count(*) FILTER (WHERE opened_at > statement_timestamp() - $3::float8 * interval '1 millisecond'))::float8 AS "openedInDay"
       FROM exception WHERE migration = $1 GROUP BY queue`,
    [migration, hour, day],
  );
  return rows;
}

interface Flow {
  queue: string;
  resolvedInHour: number;
  resolvedInDay: number;
  reopenedInHour: number;
  reopenedInDay: number;
}

/** What people did of late. A case that ended twice flowed out twice, and in again in between. */
async function countFlows(
  connection: Queryable,
  migration: string,
  hour: Milliseconds,
  day: Milliseconds,
): Promise<Flow[]> {
  const { rows } = await connection.query<Flow & Record<string, unknown>>(
    `SELECT e.queue,
            (count(*) FILTER (WHERE a.action IN ('resolved', 'accepted', 'merged') AND a.at > statement_timestamp() - $2::float8 * interval '1 millisecond'))::float8 AS "resolvedInHour",
            (count(*) FILTER (WHERE a.action IN ('resolved', 'accepted', 'merged')))::float8 AS "resolvedInDay",
            (count(*) FILTER (WHERE a.action = 'reopened' AND a.at > statement_timestamp() - $2::float8 * interval '1 millisecond'))::float8 AS "reopenedInHour",
            (count(*) FILTER (WHERE a.action = 'reopened'))::float8 AS "reopenedInDay"
       FROM exception_action a JOIN exception e ON e.id = a.exception
      WHERE a.migration = $1 AND a.changed AND a.at > statement_timestamp() - $3::float8 * interval '1 millisecond'
      GROUP BY e.queue`,
    [migration, hour, day],
  );
  return rows;
}
