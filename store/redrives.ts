import { randomUUID } from 'node:crypto';
import {
  MOST_TRIES,
  redriveBody,
  waitAfter,
  type HandedOver,
  type RedrivenCase,
  type RedriveState,
  type RedriveWhy,
} from '../domain/queues/redrive';
import type { Side } from '../domain/sides/side';
import type { ExceptionRedrive } from '../domain/status/exception-page';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { sidesNow, type CountedUnits } from './side-now';

/** A command that is to be sent again, before it is written down. */
export interface NewRedrive extends Omit<RedrivenCase, 'key'> {
  command: string;
  /** As exception.cause. */
  cause: string;
  /** By whose placements it is told that the side is still theirs. */
  units: CountedUnits;
  reason: string;
  askedBy: string;
  planHash: string;
}

/**
 * Leaves a command to any worker. Call it while the case is held, in the transaction that says who asked for it.
 *
 * I17: nobody knows of one that was taken, or not answered, whether it was carried out. So it is sent by the same key and with the same body whoever asks for it
 * again, and the system carries it out once; only after a refusal it is another one.
 */
export async function writeRedrive(connection: Queryable, redrive: NewRedrive): Promise<void> {
  const { command, cause, units, reason, askedBy, planHash, ...of } = redrive;
  const { migration, exception, system, side } = of;
  const last = await readLast(connection, redrive);
  const again = last === undefined || last.state === 'refused' ? undefined : last;
  const key = again?.key ?? randomUUID();
  const same = again?.system === system && again.side === side ? again : undefined;
  const body = same?.body ?? redriveBody(command, { ...of, key });
  await connection.query(
    `INSERT INTO redrive (key, migration, exception, cause, system, side, command, body, units, reason, asked_by, plan_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12)`,
    [
      ...[key, migration, exception, cause, system, side, command, body],
      ...[JSON.stringify(units), reason, askedBy, planHash],
    ],
  );
}

interface LastRedrive extends Record<string, unknown> {
  key: string;
  system: string;
  side: string;
  body: string;
  state: RedriveState;
}

async function readLast(
  connection: Queryable,
  { exception, cause, command }: Pick<NewRedrive, 'exception' | 'cause' | 'command'>,
): Promise<LastRedrive | undefined> {
  const { rows } = await connection.query<LastRedrive>(
    `SELECT key, system, side, body, state FROM redrive WHERE exception = $1 AND cause = $2 AND command = $3 ORDER BY id DESC LIMIT 1`,
    [exception, cause, command],
  );
  return rows[0];
}

/** Whether one of the case's is on its way. */
export async function isInFlight(connection: Queryable, exception: string): Promise<boolean> {
  const { rowCount } = await connection.query(
    `SELECT FROM redrive WHERE exception = $1 AND state = 'waiting' LIMIT 1`,
    [exception],
  );
  return rowCount === 1;
}

/** One that a worker took: nobody else sends it before its claim has ended. */
export interface TakenRedrive {
  id: string;
  key: string;
  migration: string;
  exception: string;
  system: string;
  command: string;
  body: string;
  /** This one included. */
  tries: number;
}

type Ended = Exclude<RedriveState, 'waiting'>;

/** Longer than any try takes: whoever took it and has not said what became of it by then is dead. */
const CLAIMED_FOR: Milliseconds = 2 * 60_000;
const ENDED_AT_ONCE = 100;

/** Nobody needs the command any more: the case was ended by somebody, or what was missing came. */
const MOOT = `(e.state <> 'open' OR CASE WHEN w.cause = e.cause THEN e.recovered_at IS NOT NULL ELSE EXISTS (
                 SELECT FROM exception_cause c WHERE c.migration = w.migration AND c.cause = w.cause AND c.recovered_at IS NOT NULL) END)`;

/** For $3 milliseconds nobody has taken it, nor any other of its system, which is none of those in $4 and $5. Never, where $3 is null. */
const UNCLAIMED = `(w.next_try_at <= clock_timestamp() - $3::float8 * interval '1 millisecond'
                 AND (w.migration, w.system) NOT IN (SELECT k.migration, k.system FROM unnest($4::text[], $5::text[]) AS k (migration, system))
                 AND NOT EXISTS (SELECT FROM redrive t WHERE t.migration = w.migration AND t.system = w.system
                                    AND t.taken_at > clock_timestamp() - $3::float8 * interval '1 millisecond'))`;

/** A system of a migration's plan. */
interface SystemOf {
  migration: string;
  system: string;
}

/**
 * Ends those that nobody needs any more and those that were tried often enough, and takes some that are to be sent now, the longest due first. Of several
 * workers each takes others.
 * @param of systems that are to get some
 * @param others ends those too of systems but these that nobody has taken any for, for so long
 */
export function takeRedrives(
  db: Database,
  limit: number,
  of: readonly SystemOf[],
  others?: { known: readonly SystemOf[]; unclaimedFor: Milliseconds },
): Promise<{ taken: TakenRedrive[]; ended: Ended[] }> {
  return db.transaction(async (connection) => {
    const { rows: over } = await connection.query<EndedRow>(
      `UPDATE redrive r SET state = CASE WHEN d.moot THEN 'dropped' ELSE 'failed' END, ended_at = clock_timestamp(),
              why = CASE WHEN d.ended THEN 'caseEnded' WHEN d.moot THEN 'recovered' WHEN d.tried THEN coalesce(r.why, 'noWord') ELSE 'noEndpoint' END
         FROM (SELECT w.id, ${MOOT} AS moot, e.state <> 'open' AS ended, w.tries >= $1 AS tried FROM redrive w JOIN exception e ON e.id = w.exception
                WHERE w.state = 'waiting' AND w.next_try_at <= clock_timestamp() AND (${MOOT} OR w.tries >= $1 OR ${UNCLAIMED})
                ORDER BY w.next_try_at LIMIT $2 FOR UPDATE OF w SKIP LOCKED) d
        WHERE r.id = d.id RETURNING ${ENDED_COLUMNS}`,
      [MOST_TRIES, ENDED_AT_ONCE, others?.unclaimedFor ?? null, ...columnsOf(others?.known ?? [])],
    );
    for (const row of over) await auditEnd(connection, row);
    const { rows: due } = await connection.query<DueRedrive>(
      `SELECT w.id, w.migration, w.side, w.units FROM redrive w JOIN exception e ON e.id = w.exception
        WHERE w.state = 'waiting' AND w.next_try_at <= clock_timestamp() AND w.tries < $2 AND NOT ${MOOT}
          AND (w.migration, w.system) IN (SELECT k.migration, k.system FROM unnest($3::text[], $4::text[]) AS k (migration, system))
        ORDER BY w.next_try_at, w.id LIMIT $1 FOR UPDATE OF w SKIP LOCKED`,
      [limit, MOST_TRIES, ...columnsOf(of)],
    );
    // I7: whoever was brought back or moved since is the other side's now.
    const sides = await sidesNow(
      connection,
      due.map(({ migration, units }) => ({ migration, ...units })),
    );
    const moved = await dropMoved(
      connection,
      due.filter(({ side }, index) => side !== sides[index]),
    );
    const { rows: taken } = await connection.query<TakenRedrive & Record<string, unknown>>(
      `UPDATE redrive r SET tries = r.tries + 1, taken_at = clock_timestamp(), next_try_at = clock_timestamp() + $2::float8 * interval '1 millisecond'
        WHERE r.id = ANY ($1::bigint[])
        RETURNING r.id, r.key, r.migration, r.exception, r.system, r.command, r.body, r.tries`,
      [due.filter(({ side }, index) => side === sides[index]).map(({ id }) => id), CLAIMED_FOR],
    );
    return { taken, ended: [...over, ...moved].map(({ state }) => state) };
  });
}

function columnsOf(systems: readonly SystemOf[]): [string[], string[]] {
  return [systems.map(({ migration }) => migration), systems.map(({ system }) => system)];
}

interface DueRedrive extends Record<string, unknown> {
  id: string;
  migration: string;
  side: Side;
  units: CountedUnits;
}

async function dropMoved(connection: Queryable, moved: readonly DueRedrive[]): Promise<EndedRow[]> {
  if (moved.length === 0) return [];
  const { rows } = await connection.query<EndedRow>(
    `UPDATE redrive r SET state = 'dropped', ended_at = clock_timestamp(), why = 'sideMoved' WHERE r.id = ANY ($1::bigint[])
     RETURNING ${ENDED_COLUMNS}`,
    [moved.map(({ id }) => id)],
  );
  for (const row of rows) await auditEnd(connection, row);
  return rows;
}

/**
 * Writes down what became of a try. One in vain is left to any worker, after a wait; the last of them has failed. What was written down meanwhile by somebody
 * else stays, and so does a newer claim, which another worker sends by; but what was sent was sent. Gives how it stands.
 */
export function settleRedrive(
  db: Database,
  { id, tries }: Pick<TakenRedrive, 'id' | 'tries'>,
  became: HandedOver,
): Promise<RedriveState> {
  const end = endOf(became, tries);
  return db.transaction(async (connection) => {
    const { status } = became;
    const why = whyOf(became);
    if (end === undefined) {
      // A claim that has ended is another worker's by now.
      await connection.query(
        `UPDATE redrive SET why = $3, status = $4, next_try_at = clock_timestamp() + $5::float8 * interval '1 millisecond'
          WHERE id = $1 AND tries = $2 AND state = 'waiting'`,
        [id, tries, why, status, waitAfter(tries)],
      );
      return standingOf(connection, id);
    }
    const { rows } = await connection.query<EndedRow>(
      `UPDATE redrive r SET state = $2, why = $3, status = $4, ended_at = clock_timestamp()
        WHERE r.id = $1 AND r.state = 'waiting' AND (r.tries = $5 OR $2 = 'sent')
       RETURNING ${ENDED_COLUMNS}`,
      [id, end, why, status, tries],
    );
    for (const row of rows) await auditEnd(connection, row);
    return standingOf(connection, id);
  });
}

async function standingOf(connection: Queryable, id: string): Promise<RedriveState> {
  const { rows } = await connection.query<{ state: RedriveState }>('SELECT state FROM redrive WHERE id = $1', [id]);
  const [row] = rows;
  if (row === undefined) throw new Error('A command that was to be sent again is gone.');
  return row.state;
}

function endOf(became: HandedOver, tries: number): Ended | undefined {
  if (became.kind === 'taken') return 'sent';
  if (became.kind === 'refused') return 'refused';
  return tries >= MOST_TRIES ? 'failed' : undefined;
}

function whyOf(became: HandedOver): RedriveWhy | null {
  if (became.kind === 'taken') return null;
  return became.kind === 'refused' ? 'answered' : became.why;
}

const ENDED_COLUMNS = `r.id, r.migration, r.exception, r.cause, r.system, r.command, r.state, r.tries, r.why, r.status, r.reason, r.plan_hash AS "planHash",
                (SELECT jsonb_build_object('queue', e.queue, 'handoff', e.handoff, 'phase', e.phase, 'cohort', e.cohort)
                   FROM exception e WHERE e.id = r.exception) AS of`;

interface EndedRow extends Record<string, unknown> {
  id: string;
  migration: string;
  exception: string;
  cause: string;
  system: string;
  command: string;
  state: Ended;
  tries: number;
  why: RedriveWhy | null;
  status: number | null;
  reason: string;
  planHash: string;
  of: { queue: string; handoff: string | null; phase: string | null; cohort: string | null };
}

const ACTIONS: Readonly<Record<Ended, string>> = {
  sent: 'exception.redriveSent',
  refused: 'exception.redriveRefused',
  failed: 'exception.redriveFailed',
  dropped: 'exception.redriveDropped',
};

async function auditEnd(connection: Queryable, row: EndedRow): Promise<void> {
  const { id, migration, exception, cause, system, command, state, tries, why, status, reason, planHash, of } = row;
  const { phase, cohort, ...where } = of;
  await appendAudit(connection, {
    ...{ actor: 'system:redriver', verified: true, migration, planHash, reason, action: ACTIONS[state] },
    phase: phase ?? undefined,
    cohort: cohort ?? undefined,
    evidence: { exception, cause, ...where, redrive: id, command, system, tries, why, status },
    onceKey: `exception.redrive:${id}`,
  });
}

type Moments = 'askedAt' | 'nextTryAt' | 'endedAt';

/** As JSON, in which moments are texts of the database's own. */
export type RedriveRow = Omit<ExceptionRedrive, Moments> & {
  askedAt: string;
  nextTryAt: string;
  endedAt: string | null;
};

/** A row `r` of the table, as JSON. */
export const REDRIVE = `jsonb_build_object('id', r.id::text, 'cause', r.cause, 'command', r.command, 'system', r.system, 'side', r.side, 'state', r.state, 'reason', r.reason,
       'askedBy', r.asked_by, 'askedAt', r.asked_at, 'tries', r.tries, 'why', r.why, 'status', r.status, 'nextTryAt', r.next_try_at, 'endedAt', r.ended_at)`;

export function toRedrive({ askedAt, nextTryAt, endedAt, ...row }: RedriveRow): ExceptionRedrive {
  return {
    ...row,
    askedAt: new Date(askedAt).toISOString(),
    nextTryAt: row.state === 'waiting' ? new Date(nextTryAt).toISOString() : null,
    endedAt: endedAt === null ? null : new Date(endedAt).toISOString(),
  };
}

/** A case's, the first first. */
export async function readRedrives(connection: Queryable, exception: string): Promise<ExceptionRedrive[]> {
  const { rows } = await connection.query<{ redrive: RedriveRow }>(
    `SELECT ${REDRIVE} AS redrive FROM redrive r WHERE r.exception = $1 ORDER BY r.id LIMIT 1000`,
    [exception],
  );
  return rows.map(({ redrive }) => toRedrive(redrive));
}

/** How many are on their way. */
export async function countWaitingRedrives(connection: Queryable): Promise<number> {
  const { rows } = await connection.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM redrive WHERE state = 'waiting'`,
  );
  return rows[0]?.waiting ?? 0;
}
