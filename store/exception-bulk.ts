import { DomainError } from '../domain/domain-error';
import type { BulkAnswer, BulkResult, ExceptionEntry } from '../domain/status/exception-page';
import type { Database, Queryable } from './database';
import { IdempotencyKeyReused, type ExceptionRequest } from './exception-act';
import { readDueCursor } from './exception-pages';

/** Cases that one request is about at most: what does not fit is told, and asked for again. */
export const BULK_LIMIT = 200;

/** Which open cases, the most urgent first. */
export interface CaseFilter {
  queue: string;
  handoff?: string;
  phase?: string;
  cohort?: string;
  side?: string;
  /** Taken by this actor; null: by nobody yet. */
  assignedTo?: string | null;
  overdue?: boolean;
  recovered?: boolean;
  /** Those after where an earlier request ended: its `next`. */
  after?: string;
}

export interface BulkRequest extends Omit<ExceptionRequest, 'exception'> {
  which: { exceptions: readonly string[] } | { filter: CaseFilter };
  /** What is done to each, as it was asked for: a key stands for this and for which. */
  asked: unknown;
}

/**
 * Does the same to each of some cases, each for itself: one that is refused keeps no other from it. With a key, a repetition is about the cases that the
 * first was about, and finishes what it left when it was cut off.
 * @param one does it to one case; what it throws, where it is no DomainError, ends the whole, which may be repeated
 * @throws IdempotencyKeyReused, BadCursor
 */
export async function doToMany(
  db: Database,
  request: BulkRequest,
  one: (request: ExceptionRequest) => Promise<ExceptionEntry>,
): Promise<BulkAnswer> {
  const { exceptions, matched, next } = await whichCases(db, request);
  const { migration, queues, actor, idempotencyKey } = request;
  const results: BulkResult[] = [];
  for (const exception of exceptions) {
    // A blank is in no key that a caller can send, so this is no other request's.
    const key = idempotencyKey === undefined ? undefined : `${idempotencyKey} ${exception}`;
    results.push(await answerOf(exception, one({ migration, queues, actor, exception, idempotencyKey: key })));
  }
  const done = results.filter(({ code }) => code === undefined).length;
  return { results, done, refused: results.length - done, left: Math.max(0, matched - exceptions.length), next };
}

async function answerOf(exception: string, doing: Promise<ExceptionEntry>): Promise<BulkResult> {
  try {
    return { exception, state: (await doing).state };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { exception, code: error.code, detail: error.message };
  }
}

interface Which extends Record<string, unknown> {
  exceptions: string[];
  matched: number;
  next: string | null;
}

async function whichCases(db: Database, request: BulkRequest): Promise<Which> {
  const { migration, actor, idempotencyKey, which, asked } = request;
  const find = async (): Promise<Which> =>
    'filter' in which
      ? findCases(db, migration.id, which.filter)
      : { exceptions: [...new Set(which.exceptions)], matched: 0, next: null };
  if (idempotencyKey === undefined) return find();
  const said = JSON.stringify({ which, asked });
  const kept = (await readKept(db, request, said)) ?? (await keepCases(db, request, said, await find()));
  if (kept !== undefined) return kept;
  // Somebody else was first under this key, a moment ago.
  const first = await readKept(db, { migration, actor, idempotencyKey }, said);
  if (first === undefined) throw new IdempotencyKeyReused();
  return first;
}

async function readKept(
  connection: Queryable,
  { migration, actor, idempotencyKey }: Pick<BulkRequest, 'migration' | 'actor' | 'idempotencyKey'>,
  said: string,
): Promise<Which | undefined> {
  const { rows } = await connection.query<Which & { same: boolean }>(
    `SELECT exceptions::text[] AS exceptions, matched, next, request = $4::jsonb AS same
       FROM exception_bulk WHERE migration = $1 AND actor = $2 AND idempotency_key = $3`,
    [migration.id, actor, idempotencyKey, said],
  );
  if (rows[0]?.same === false) throw new IdempotencyKeyReused();
  return rows[0];
}

async function keepCases(
  connection: Queryable,
  { migration, actor, idempotencyKey }: BulkRequest,
  said: string,
  { exceptions, matched, next }: Which,
): Promise<Which | undefined> {
  const { rows } = await connection.query<Which>(
    `INSERT INTO exception_bulk (migration, actor, idempotency_key, request, exceptions, matched, next)
     VALUES ($1, $2, $3, $4::jsonb, $5::bigint[], $6, $7) ON CONFLICT DO NOTHING RETURNING exceptions::text[] AS exceptions, matched, next`,
    [migration.id, actor, idempotencyKey, said, exceptions, matched, next],
  );
  return rows[0];
}

async function findCases(connection: Queryable, migration: string, filter: CaseFilter): Promise<Which> {
  const after = filter.after === undefined ? undefined : readDueCursor(filter.after);
  const { rows } = await connection.query<{ id: string; matched: number; cursor: string }>(
    `SELECT id, count(*) OVER ()::int AS matched, (extract(epoch FROM due_at) * 1000000)::bigint || '.' || id AS cursor FROM exception
      WHERE migration = $1 AND queue = $2 AND state = 'open'
        AND ($3::text IS NULL OR handoff = $3) AND ($4::text IS NULL OR phase = $4) AND ($5::text IS NULL OR cohort = $5) AND ($6::text IS NULL OR side = $6)
        AND ($7::text IS NULL OR assigned_to = $7) AND (NOT $8::boolean OR assigned_to IS NULL)
        AND ($9::boolean IS NULL OR (due_at < statement_timestamp()) = $9) AND ($10::boolean IS NULL OR (recovered_at IS NOT NULL AND unrecovered = 0) = $10)
        AND ($12::bigint IS NULL OR (due_at, id) > ('epoch'::timestamptz + $12::bigint * interval '1 microsecond', $13::bigint))
      ORDER BY due_at, id LIMIT $11`,
    [
      migration,
      filter.queue,
      filter.handoff ?? null,
      filter.phase ?? null,
      filter.cohort ?? null,
      filter.side ?? null,
      filter.assignedTo ?? null,
      filter.assignedTo === null,
      filter.overdue ?? null,
      filter.recovered ?? null,
      BULK_LIMIT,
      after?.due ?? null,
      after?.id ?? null,
    ],
  );
  const matched = rows[0]?.matched ?? 0;
  const next = matched > rows.length ? (rows.at(-1)?.cursor ?? null) : null;
  return { exceptions: rows.map(({ id }) => id), matched, next };
}
