import type { Notice } from '../activities/notify/notifier';
import type { PlannedClock } from '../domain/calendar/planned-time';
import type { Plan } from '../domain/plan/plan-schema';
import { caseMessage, doneMessage, noticeKind, takenMessage, type CaseGroup } from '../domain/queues/case-notice';
import { reachOf, type Telling } from '../domain/queues/rota';
import type { ClockMark } from '../domain/queues/sla-clock';
import type { Milliseconds } from '../domain/time/duration';
import type { Database, Queryable } from './database';
import { leaveToAnyWorker, recordNotice } from './notices';

/** A mark of a case's clock that somebody is to hear of. */
export interface ToldMark {
  migration: string;
  exception: string;
  opening: number;
  step: number;
  kind: ClockMark;
  queue: string;
  handoff: string | null;
}

/** Notes who is to hear of a mark, and when. Call it in the transaction that marks. */
export async function planTellings(connection: Queryable, mark: ToldMark, tellings: readonly Telling[]): Promise<void> {
  if (tellings.length === 0) return;
  const { migration, exception, opening, step, kind, queue, handoff } = mark;
  await connection.query(
    `INSERT INTO exception_telling (exception, opening, step, team, migration, queue, handoff, kind, urgency, tell_at)
     SELECT $1, $2, $3, t.team, $4, $5, $6, $7, t.urgency, t.tell_at FROM unnest($8::text[], $9::text[], $10::timestamptz[]) AS t (team, urgency, tell_at)
     ON CONFLICT DO NOTHING`,
    [
      ...[exception, opening, step, migration, queue, handoff, kind],
      ...[tellings.map(({ team }) => team), tellings.map(({ urgency }) => urgency)],
      tellings.map(({ tellAt }) => tellAt.toISOString()),
    ],
  );
}

export interface TellCasesParts {
  planOf: (hash: string) => Promise<Plan>;
  /** The database's clock. */
  now: () => Promise<Date>;
  /** How long the first of several cases waits for the others. */
  gather: Milliseconds;
  /** Between two notices about the same thing. */
  again: Milliseconds;
}

interface DueGroup extends CaseGroup, PlannedClock {
  migration: string;
  planHash: string;
  count: number;
  first: string;
  since: Date;
  page: boolean;
  incident: string | null;
  toldAt: Date | null;
  notices: number | null;
  cases: number | null;
}

/** Means nothing but 'this': one worker at a time puts cases together. */
const TELLING_LOCK = 7_305_222;

/**
 * Puts the cases that teams are to hear of now together into notices, one for each team, handoff (or queue) and thing to say; and says of those told
 * before that somebody took them all, or that they have ended. What is written down here, any worker sends. Gives how many notices.
 */
export function tellCases(db: Database, parts: TellCasesParts): Promise<number> {
  return db.transaction(async (connection) => {
    const { rows } = await connection.query<{ first: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS first', [
      TELLING_LOCK,
    ]);
    if (rows[0]?.first !== true) return 0;
    const now = await parts.now();
    await dropMoot(connection, now);
    let notices = 0;
    for (const group of await dueGroups(connection, now)) {
      if (await tellGroup(connection, group, now, parts)) notices += 1;
    }
    return notices + (await followUp(connection, now));
  });
}

/** Nobody is told of a case that has ended or is further on, nor, before the time that it was put off to, that it is there or runs low. */
async function dropMoot(connection: Queryable, now: Date): Promise<void> {
  await connection.query(
    `UPDATE exception_telling t SET outcome = 'moot' FROM exception e
      WHERE t.outcome IS NULL AND t.tell_at <= $1 AND e.id = t.exception
        AND (e.state <> 'open' OR e.reopened <> t.opening OR EXISTS (
          SELECT FROM exception_telling l
           WHERE l.exception = t.exception AND l.opening = t.opening AND l.team = t.team AND l.step > t.step AND l.tell_at <= $1))`,
    [now],
  );
  await connection.query(
    `UPDATE exception_telling t SET tell_at = e.snoozed_until FROM exception e
      WHERE t.outcome IS NULL AND t.tell_at <= $1 AND e.id = t.exception AND e.snoozed_until > $1 AND t.kind IN ('opened', 'warned')`,
    [now],
  );
}

async function dueGroups(connection: Queryable, now: Date): Promise<DueGroup[]> {
  const { rows } = await connection.query<DueGroup & Record<string, unknown>>(
    `SELECT t.migration, t.team, t.queue, t.handoff, t.kind, count(*)::int AS count, min(t.exception)::text AS first, min(t.tell_at) AS since,
            bool_or(t.urgency = 'page') AS page, m.plan_hash AS "planHash", m.started_at AS "startedAt", m.time_scale::float8 AS "timeScale",
            i.id AS incident, i.told_at AS "toldAt", i.notices, i.cases
       FROM exception_telling t JOIN migration m ON m.id = t.migration
       LEFT JOIN exception_incident i ON i.closed_at IS NULL AND i.migration = t.migration AND i.team = t.team AND i.queue = t.queue
             AND coalesce(i.handoff, '') = coalesce(t.handoff, '') AND i.kind = t.kind
      WHERE t.outcome IS NULL AND t.tell_at <= $1
      GROUP BY t.migration, t.team, t.queue, t.handoff, t.kind, m.id, i.id ORDER BY since LIMIT 200`,
    [now],
  );
  return rows;
}

async function tellGroup(
  connection: Queryable,
  group: DueGroup,
  now: Date,
  { planOf, gather, again }: TellCasesParts,
): Promise<boolean> {
  const { owners } = await planOf(group.planHash);
  const reach = reachOf(group.team, owners, now, group);
  if (!reach.isOn) {
    // The rota is another one by now: whoever is there next hears of it.
    await connection.query(
      `UPDATE exception_telling SET tell_at = $6 WHERE outcome IS NULL AND tell_at <= $7 AND migration = $1 AND team = $2 AND queue = $3
          AND coalesce(handoff, '') = coalesce($4, '') AND kind = $5`,
      [group.migration, group.team, group.queue, group.handoff, group.kind, reach.at, now],
    );
    return false;
  }
  const waitsUntil = group.toldAt === null ? group.since.getTime() + gather : group.toldAt.getTime() + again;
  if (waitsUntil > now.getTime()) return false;
  const incident = await countIncident(connection, group, now);
  const team = owners.find(({ id }) => id === group.team)?.reach;
  const kinds = group.page ? team?.pagedBy : team?.toldBy;
  const told = { first: group.first, count: group.count, before: group.cases ?? 0 };
  const notice = await writeNotice(connection, group, {
    onceKey: `cases/${incident.id}/${incident.notices}`,
    kind: noticeKind(group.kind),
    urgency: group.page ? 'page' : 'info',
    message: caseMessage(group, told, { rota: team?.rota ?? null }),
    incident: { key: `cases/${incident.id}`, state: 'open' },
    ...(kinds !== undefined && { kinds }),
  });
  await connection.query(
    `UPDATE exception_telling SET outcome = 'told', notice = $6, incident = $7 WHERE outcome IS NULL AND tell_at <= $8
        AND migration = $1 AND team = $2 AND queue = $3 AND coalesce(handoff, '') = coalesce($4, '') AND kind = $5`,
    [group.migration, group.team, group.queue, group.handoff, group.kind, notice, incident.id, now],
  );
  return true;
}

async function countIncident(
  connection: Queryable,
  group: DueGroup,
  now: Date,
): Promise<{ id: string; notices: number }> {
  const { rows } =
    group.incident === null
      ? await connection.query<{ id: string; notices: number }>(
          `INSERT INTO exception_incident (migration, team, queue, handoff, kind, told_at, cases) VALUES ($1, $2, $3, $4, $5, $6, $7)
           RETURNING id, notices`,
          [group.migration, group.team, group.queue, group.handoff, group.kind, now, group.count],
        )
      : await connection.query<{ id: string; notices: number }>(
          `UPDATE exception_incident SET told_at = $2, notices = notices + 1, cases = cases + $3, acknowledged_at = NULL WHERE id = $1
           RETURNING id, notices`,
          [group.incident, now, group.count],
        );
  const row = rows[0];
  if (row === undefined) throw new Error('RETURNING gave no row.');
  return row;
}

type Written = Pick<Notice, 'onceKey' | 'kind' | 'urgency' | 'message' | 'incident' | 'kinds'>;

async function writeNotice(
  connection: Queryable,
  { migration, team }: { migration: string; team: string },
  written: Written,
): Promise<string> {
  const { id } = await recordNotice(connection, { ...written, migration, team, phase: null, cohort: null });
  await leaveToAnyWorker(connection, id);
  return id;
}

interface StandingIncident extends CaseGroup {
  id: string;
  migration: string;
  notices: number;
  cases: number;
  isOpen: boolean;
  isTaken: boolean;
  acknowledged: boolean;
  /** That its notice went by. */
  kinds: NonNullable<Notice['kinds']> | null;
}

/** Says once that every case of an incident that is open was taken, and once that none is open any more. */
async function followUp(connection: Queryable, now: Date): Promise<number> {
  const { rows } = await connection.query<StandingIncident & Record<string, unknown>>(
    `SELECT s.* FROM (
       SELECT i.id, i.migration, i.team, i.queue, i.handoff, i.kind, i.notices, i.cases, i.acknowledged_at IS NOT NULL AS acknowledged,
              n.kinds, c.open > 0 AS "isOpen", c.untaken = 0 AS "isTaken"
         FROM exception_incident i
         JOIN notice n ON n.migration = i.migration AND n.once_key = 'cases/' || i.id || '/' || i.notices
        CROSS JOIN LATERAL (
          SELECT count(*) AS open, count(*) FILTER (WHERE e.assigned_to IS NULL) AS untaken
            FROM exception_telling t JOIN exception e ON e.id = t.exception AND e.state = 'open' AND e.reopened = t.opening
           WHERE t.incident = i.id) c
        WHERE i.closed_at IS NULL) s
      WHERE NOT s."isOpen" OR (s."isTaken" AND NOT s.acknowledged) ORDER BY s.id LIMIT 200`,
  );
  for (const incident of rows) {
    const { id, notices, isOpen, cases, kinds } = incident;
    const state = isOpen ? 'acknowledged' : 'resolved';
    await writeNotice(connection, incident, {
      onceKey: `cases/${id}/${notices}/${state}`,
      kind: isOpen ? 'casesTaken' : 'casesEnded',
      urgency: 'info',
      message: isOpen ? takenMessage(incident) : doneMessage(incident, cases),
      incident: { key: `cases/${id}`, state },
      ...(kinds !== null && { kinds }),
    });
    await connection.query(
      `UPDATE exception_incident SET acknowledged_at = CASE WHEN $2 THEN $3::timestamptz ELSE acknowledged_at END,
              closed_at = CASE WHEN $2 THEN NULL ELSE $3::timestamptz END WHERE id = $1`,
      [id, isOpen, now],
    );
  }
  return rows.length;
}
