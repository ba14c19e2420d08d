import { plannedTime, realTime } from '../domain/calendar/planned-time';
import type { Plan } from '../domain/plan/plan-schema';
import { staffOnShift, type Staffed } from '../domain/queues/staff-on-shift';
import { timeToClear } from '../domain/queues/time-to-clear';
import type { BoardDay, CaseBoard, ClearForecast } from '../domain/status/case-board';
import { readDays, type QueueDay } from './case-flow';
import type { Database, Queryable } from './database';
import { readSlicedBoard } from './queue-board';

const DAY = 86_400_000;
/** How much of what people did says how fast they are, and how far that is carried on. By the plan's time. */
const LEARNED_FROM = 7 * DAY;
const CARRIED_ON = 28 * DAY;

interface OfMigration {
  id: string;
  timeScale: number;
  startedAt: Date;
}

/**
 * The whole board as of one moment: queues, sides, phases and cohorts, the last days, and when each queue is worked off. It reads the cases that are open, those
 * of the last day, and counts by day; none that ended before.
 * @param days of the plan's time, today included
 */
export async function readCaseBoard(
  db: Database,
  migration: OfMigration,
  plan: Pick<Plan, 'queues' | 'owners'>,
  days: number,
): Promise<CaseBoard> {
  return db.transaction(async (connection) => {
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const now = plannedTime(migration, await clockOf(connection));
    const { queues, by } = await readSlicedBoard(connection, migration, plan.queues);
    const shown = datesUpTo(now, days);
    const flows = await readDays(connection, migration.id, earliest(shown[0], dateOf(now.getTime() - LEARNED_FROM)));
    const team = staffOf(plan, now.getTime());
    return {
      queues: queues.map((queue) => {
        const own = flows.filter((flow) => flow.queue === queue.queue);
        return {
          ...queue,
          days: daysOf(own, shown, queue.open),
          clear: forecast(own, queue.open, team(queue.owner), migration, now),
        };
      }),
      by,
      days: daysOf(
        flows,
        shown,
        queues.reduce((sum, { open }) => sum + open, 0),
      ),
    };
  });
}

async function clockOf(connection: Queryable): Promise<Date> {
  const { rows } = await connection.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return rows[0]?.now ?? new Date(0);
}

/** Working out hours of a time zone takes long enough that a board of many teams would be late. */
const worked = new Map<string, Staffed[]>();
const WORKED_AT_MOST = 100;

/** Of each team, when somebody is there; undefined where the plan does not say. */
function staffOf({ owners }: Pick<Plan, 'owners'>, now: number): (team: string) => Staffed[] | undefined {
  const day = Math.floor(now / DAY) * DAY;
  return (team) => {
    const reach = owners.find(({ id }) => id === team)?.reach;
    if (reach === undefined) return undefined;
    const key = `${day} ${JSON.stringify([reach.timeZone, reach.shifts])}`;
    let staffed = worked.get(key);
    if (staffed === undefined) {
      if (worked.size >= WORKED_AT_MOST) worked.clear();
      staffed = staffOnShift(reach, day - LEARNED_FROM, day + DAY + CARRIED_ON);
      worked.set(key, staffed);
    }
    return staffed;
  };
}

function forecast(
  flows: readonly QueueDay[],
  open: number,
  staffed: readonly Staffed[] | undefined,
  migration: OfMigration,
  planned: Date,
): ClearForecast {
  const now = planned.getTime();
  // Whole days, since that is how it is counted; and none from before there was anything to do.
  const since = Math.max(Date.parse(dateOf(now - LEARNED_FROM)) + DAY, Math.min(migration.startedAt.getTime(), now));
  const late = flows.filter(({ day }) => day >= dateOf(since));
  const arrived = late.reduce((sum, { opened, reopened }) => sum + opened + reopened, 0);
  const ended = late.reduce((sum, { resolved, accepted, merged }) => sum + resolved + accepted + merged, 0);
  const there = staffed ?? [{ from: since, until: now + CARRIED_ON, capacity: 1, shifts: [] }];
  const { at, because, perHour } = timeToClear({ open, since, now, arrived, ended }, there);
  const on = staffed?.find(({ from, until }) => from <= now && now < until);
  const real = at === null ? null : realTime(migration, new Date(at));
  return {
    at: real?.toISOString() ?? null,
    inMs: real === null ? null : real.getTime() - realTime(migration, planned).getTime(),
    because,
    perHour,
    onShift: on === undefined ? null : { shifts: [...on.shifts], capacity: on.capacity },
    shiftsKnown: staffed !== undefined,
  };
}

/** Each of the days, also where nothing happened; what was open when one was over follows from what is open now and what came after. */
function daysOf(flows: readonly QueueDay[], dates: readonly string[], openNow: number): BoardDay[] {
  let open = openNow;
  return [...dates]
    .reverse()
    .map((day) => {
      const on: BoardDay = { day, opened: 0, reopened: 0, resolved: 0, accepted: 0, merged: 0, open };
      for (const flow of flows) {
        if (flow.day !== day) continue;
        for (const what of ['opened', 'reopened', 'resolved', 'accepted', 'merged'] as const) on[what] += flow[what];
      }
      open -= on.opened + on.reopened - on.resolved - on.accepted - on.merged;
      return on;
    })
    .reverse();
}

function datesUpTo(now: Date, days: number): string[] {
  return Array.from({ length: days }, (_, n) => dateOf(now.getTime() - (days - 1 - n) * DAY));
}

function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function earliest(one: string | undefined, other: string): string {
  return one !== undefined && one < other ? one : other;
}
