import { tellingsOf } from '../domain/queues/rota';
import { businessSla } from '../domain/queues/business-sla';
import { dueMarks, plannedMarks, type ClockFacts, type DueMark } from '../domain/queues/sla-clock';
import type { Plan, PlanQueue } from '../domain/plan/plan-schema';
import type { ExceptionMark } from '../domain/status/exception-page';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { goByBusinessTime } from './exception-business-time';
import { planTellings } from './exception-tellings';

/** A case by its migration and number. */
export interface ExceptionKey {
  migration: string;
  exception: string;
}

/** What a clock is to do next. */
export interface ClockStanding {
  /** The case has ended, or there is none: so does the clock. */
  over: boolean;
  /** ISO, by Postgres' clock; null where nothing is left to do until something changes. */
  nextAt: string | null;
}

/** A case whose clock is to be told that something changed. */
export interface UntoldClock extends ExceptionKey {
  /** The case is open. */
  running: boolean;
  revision: string;
}

/** A claim is let go after this where the worker that made it died. */
const CLAIMED_FOR: Milliseconds = 15_000;
/** A clock that did not do what it had to for so long has lost its workflow, or its workers are away. */
const LATE_AFTER: Milliseconds = 60_000;

/** What the clock of one case goes by, under the case's lock. */
interface LockedCase {
  queue: string;
  state: string;
  handoff: string | null;
  phase: string | null;
  cohort: string | null;
  openedAt: Date;
  dueAt: Date;
  snoozedUntil: Date | null;
  opening: number;
  planHash: string;
  startedAt: Date;
  timeScale: number;
  done: number;
}

/** Exported for tests of how it is planned. */
export const LOCK_CASE = `
  SELECT e.queue, e.state, e.handoff, e.phase, e.cohort, e.opened_at AS "openedAt", e.due_at AS "dueAt", e.reopened AS opening,
         e.snoozed_until AS "snoozedUntil", m.plan_hash AS "planHash", m.started_at AS "startedAt", m.time_scale::float8 AS "timeScale",
         coalesce((SELECT max(k.step) FROM exception_mark k WHERE k.exception = e.id AND k.opening = e.reopened), -1) AS done
    FROM exception e JOIN migration m ON m.id = e.migration
   WHERE e.migration = $1 AND e.id = $2 FOR UPDATE OF e`;

const ACTIONS = {
  opened: null,
  warned: 'exception.warned',
  overdue: 'exception.overdue',
  escalated: 'exception.escalated',
};

/**
 * Does all that a case's clock has to have done by `now`, each once and in order, and writes each into the audit log in the same
 * transaction (I13), with who is to hear of it. Repeating it does nothing twice, whoever repeats it.
 */
export async function advanceClock(
  db: Database,
  { migration, exception }: ExceptionKey,
  parts: { now: () => Promise<Date>; planOf: (hash: string) => Promise<Plan> },
): Promise<ClockStanding> {
  return db.transaction(async (connection) => {
    // The case first, then its clock: the order of whoever changes a case.
    const { rows } = await connection.query<LockedCase & Record<string, unknown>>(LOCK_CASE, [migration, exception]);
    const found = rows[0];
    if (found === undefined || found.state !== 'open') return { over: true, nextAt: null };
    const plan = await parts.planOf(found.planHash);
    const queue = plan.queues.find(({ id }) => id === found.queue);
    const now = await parts.now();
    const sla = queue && businessSla(queue, plan, found);
    const facts = sla === undefined ? found : await goByBusinessTime(connection, exception, found, sla);
    const { due, nextAt } = whatIsDue(facts, found, queue, now);
    const handoff = plan.handoffs.find(({ id }) => id === found.handoff);
    for (const mark of due) {
      await markClock(connection, { migration, exception }, found, mark, now);
      if (queue === undefined) continue;
      const { opening, queue: of, handoff: missed } = found;
      const { step, kind } = mark;
      const told = { migration, exception, opening, step, kind, queue: of, handoff: missed };
      await planTellings(connection, told, tellingsOf({ owners: plan.owners, queue, handoff }, mark, now, found));
    }
    await connection.query('UPDATE exception_clock SET next_at = $2, plan_hash = $3 WHERE exception = $1', [
      exception,
      nextAt,
      found.planHash,
    ]);
    return { over: false, nextAt: nextAt?.toISOString() ?? null };
  });
}

function whatIsDue(
  facts: ClockFacts,
  { timeScale, done }: LockedCase,
  queue: PlanQueue | undefined,
  now: Date,
): { due: DueMark[]; nextAt: Date | null } {
  // No version of a plan may take a queue away, so this is a case of another database: nobody can be told of it.
  if (queue === undefined) return { due: [], nextAt: null };
  const planned = plannedMarks(queue, facts, timeScale);
  return dueMarks(planned, done, now);
}

async function markClock(
  connection: Queryable,
  { migration, exception }: ExceptionKey,
  { opening, queue, handoff, phase, cohort, planHash }: LockedCase,
  { step, kind, team, at, told }: DueMark,
  doneAt: Date,
): Promise<void> {
  await connection.query(
    `INSERT INTO exception_mark (exception, opening, step, kind, team, due_at, done_at, told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [exception, opening, step, kind, team, at, doneAt, told],
  );
  const action = ACTIONS[kind];
  // That it was opened is in the log already, from whoever opened it.
  if (action === null) return;
  await appendAudit(connection, {
    migration,
    phase: phase ?? undefined,
    cohort: cohort ?? undefined,
    actor: 'system:clock',
    verified: true,
    action,
    planHash,
    evidence: { exception, queue, handoff, opening, step, team, dueAt: at.toISOString() },
    onceKey: `exception.clock:${exception}/${opening}/${step}`,
  });
}

/** Cases whose clocks were not told of all that changed, claimed for this worker for a while; the oldest first. */
export async function claimUntoldClocks(connection: Queryable, limit: number): Promise<UntoldClock[]> {
  const { rows } = await connection.query<UntoldClock & Record<string, unknown>>(
    `WITH untold AS (
       SELECT e.id, e.migration, e.state = 'open' AS running, e.revision FROM exception e
        WHERE e.clock_revision < e.revision
          AND NOT EXISTS (SELECT FROM exception_clock c WHERE c.exception = e.id AND c.claimed_until > clock_timestamp())
        ORDER BY e.id LIMIT $1 FOR UPDATE OF e SKIP LOCKED
     ), claimed AS (
       INSERT INTO exception_clock AS c (exception, migration, running, claimed_until, next_at)
       SELECT u.id, u.migration, u.running, clock_timestamp() + $2::float8 * interval '1 millisecond',
              CASE WHEN u.running THEN clock_timestamp() END FROM untold u
       ON CONFLICT (exception) DO UPDATE
          SET running = EXCLUDED.running, claimed_until = EXCLUDED.claimed_until,
              next_at = CASE WHEN EXCLUDED.running THEN coalesce(c.next_at, EXCLUDED.next_at) END
     )
     SELECT id AS exception, migration, running, revision FROM untold`,
    [limit, CLAIMED_FOR],
  );
  return rows;
}

/** Notes which changes clocks were told of. */
export async function markClocksTold(db: Database, told: readonly UntoldClock[]): Promise<void> {
  if (told.length === 0) return;
  const exceptions = told.map(({ exception }) => exception);
  await db.transaction(async (connection) => {
    await connection.query(
      `UPDATE exception e SET clock_revision = greatest(e.clock_revision, t.revision)
         FROM unnest($1::bigint[], $2::bigint[]) AS t (exception, revision) WHERE e.id = t.exception`,
      [exceptions, told.map(({ revision }) => revision)],
    );
    await connection.query('UPDATE exception_clock SET claimed_until = NULL WHERE exception = ANY ($1::bigint[])', [
      exceptions,
    ]);
  });
}

/** Has the clocks look again that should have done something a minute ago: their workflows may be gone. Gives how many. */
export async function recallLateClocks(connection: Queryable, limit: number): Promise<number> {
  const { rowCount } = await connection.query(
    `UPDATE exception e SET clock_revision = e.revision - 1
      WHERE e.clock_revision >= e.revision AND e.id IN (
        SELECT exception FROM exception_clock
         WHERE running AND next_at < clock_timestamp() - $2::float8 * interval '1 millisecond'
           AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
         ORDER BY next_at LIMIT $1)`,
    [limit, LATE_AFTER],
  );
  return rowCount ?? 0;
}

/** Clocks that should have done something a minute ago. */
export async function countLateClocks(connection: Queryable): Promise<number> {
  const { rows } = await connection.query<{ late: number }>(
    `SELECT count(*)::float8 AS late FROM exception_clock
      WHERE running AND next_at < clock_timestamp() - $1::float8 * interval '1 millisecond'`,
    [LATE_AFTER],
  );
  return rows[0]?.late ?? 0;
}

/** Has the clocks of open cases look again that went by another version of their plan than the one in force. Gives how many. */
export async function recallClocksOfOtherPlans(connection: Queryable, limit: number): Promise<number> {
  const { rowCount } = await connection.query(
    `UPDATE exception e SET clock_revision = e.revision - 1
      WHERE e.clock_revision >= e.revision AND e.id IN (
        SELECT c.exception FROM exception_clock c JOIN migration m ON m.id = c.migration
         WHERE c.running AND c.plan_hash <> m.plan_hash LIMIT $1)`,
    [limit],
  );
  return rowCount ?? 0;
}

/** What a case's clock did, in order. */
export async function readMarks(connection: Queryable, exception: string): Promise<ExceptionMark[]> {
  const { rows } = await connection.query<Omit<ExceptionMark, 'dueAt' | 'doneAt'> & { dueAt: Date; doneAt: Date }>(
    `SELECT kind, team, opening, due_at AS "dueAt", done_at AS "doneAt", told FROM exception_mark
      WHERE exception = $1 ORDER BY opening, step`,
    [exception],
  );
  return rows.map(({ dueAt, doneAt, ...mark }) => ({
    ...mark,
    dueAt: dueAt.toISOString(),
    doneAt: doneAt.toISOString(),
  }));
}
