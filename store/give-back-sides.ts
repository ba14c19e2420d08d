import type { OutageAnswer } from '../domain/sides/outage-answer';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { holdLinks } from './hold-links';

export interface GivenBack {
  /** Sides that are written down now. */
  written: number;
  /** Units that another process had placed on the other side, or that were told `legacy` while their cohort was committed: each an exception for a person. */
  contradicted: number;
}

/** An answer that can never be written down: its migration is gone, or it is not what it should be. */
export interface RefusedAnswer {
  answer: OutageAnswer;
  /** The database's own error; absent where there is no plan, and so nobody to work on a contradiction. */
  because?: unknown;
}

/** Where a contradiction is worked on. */
export interface ContradictionQueue {
  id: string;
  owner: string;
  sla: Milliseconds;
}

const AT_ONCE = 500;

/**
 * Writes down what a process answered while Postgres was out of reach. Where no row is there yet, the side that was answered becomes it. A row
 * that says otherwise stays: somebody heard two sides, which is an exception. So is an open unit on legacy of a cohort that was committed just before the
 * process was lost, by when it may not have known: nobody else looks after it there. May be repeated with the same answers.
 *
 * One that can never be written down keeps none of the others from it, and is handed to whoever called, to be kept for a person.
 * @param queueOf of a phase; undefined where its plan is not stored any more, and then its answers are refused
 * @throws the database's own error where they may be written down later
 */
export async function giveBackSides(
  db: Database,
  answers: readonly OutageAnswer[],
  queueOf: (migration: string, phase: string) => ContradictionQueue | undefined,
): Promise<GivenBack & { refused: RefusedAnswer[] }> {
  const total = { written: 0, contradicted: 0, refused: [] as RefusedAnswer[] };
  for (const migration of new Set(answers.map((answer) => answer.migration))) {
    const owed = answers.filter((answer) => answer.migration === migration);
    for (let from = 0; from < owed.length; from += AT_ONCE) {
      const batch = owed.slice(from, from + AT_ONCE).flatMap((answer) => {
        const queue = queueOf(migration, answer.phase);
        if (queue !== undefined) return [{ ...answer, queue }];
        total.refused.push({ answer });
        return [];
      });
      const given = await giveBackWhatGoes(db, migration, batch);
      total.written += given.written;
      total.contradicted += given.contradicted;
      total.refused.push(...given.refused);
    }
  }
  return total;
}

type QueuedAnswer = OutageAnswer & { queue: ContradictionQueue };

/** For what is in it (22), or in what is stored (23): said again, it is refused again. */
const NEVER_TAKEN = /^2[23]/;

/** All of a batch at once; where Postgres refuses it for what is in it, by halves, until what is at fault is alone. */
async function giveBackWhatGoes(
  db: Database,
  migration: string,
  batch: readonly QueuedAnswer[],
): Promise<GivenBack & { refused: RefusedAnswer[] }> {
  const [first] = batch;
  if (first === undefined) return { written: 0, contradicted: 0, refused: [] };
  try {
    const given = await db.transaction((connection) => giveBackBatch(connection, migration, batch));
    return { ...given, refused: [] };
  } catch (error) {
    const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (typeof code !== 'string' || !NEVER_TAKEN.test(code)) throw error;
    if (batch.length === 1) {
      const { queue: _, ...answer } = first;
      return { written: 0, contradicted: 0, refused: [{ answer, because: error }] };
    }
    const half = Math.ceil(batch.length / 2);
    const one = await giveBackWhatGoes(db, migration, batch.slice(0, half));
    const other = await giveBackWhatGoes(db, migration, batch.slice(half));
    return {
      written: one.written + other.written,
      contradicted: one.contradicted + other.contradicted,
      refused: [...one.refused, ...other.refused],
    };
  }
}

async function giveBackBatch(
  connection: Queryable,
  migration: string,
  batch: readonly QueuedAnswer[],
): Promise<GivenBack> {
  await holdLinks(connection, [migration]);
  const legacy = batch.filter(({ side }) => side === 'legacy');
  // I14: as whoever places on legacy.
  await connection.query(
    `SELECT hold_unit_keys($1, ARRAY(SELECT placed_as($1, a.phase, a.unit) FROM unnest($2::text[], $3::text[]) AS a (phase, unit)))`,
    [migration, legacy.map(({ phase }) => phase), legacy.map(({ unit }) => unit)],
  );
  const { rowCount: written } = await connection.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch)
     SELECT $1, a.phase, placed_as($1, a.phase, a.unit), a.cohort, a.side, a.epoch
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[]) AS a (phase, unit, cohort, side, epoch)
      ORDER BY a.phase, a.unit
     ON CONFLICT (migration, phase, unit) DO NOTHING`,
    [
      migration,
      batch.map(({ phase }) => phase),
      batch.map(({ unit }) => unit),
      batch.map(({ cohort }) => cohort),
      batch.map(({ side }) => side),
      batch.map(({ epoch }) => epoch),
    ],
  );
  const { rowCount: contradicted } = await connection.query(
    `INSERT INTO exception (migration, cause, queue, phase, cohort, side, journey, subject, owner, opened_at, due_at)
     SELECT $1, concat_ws(':', 'outage', a.phase, a.unit, a.at), a.queue, a.phase, p.cohort, p.side, coalesce(a.journey, a.unit), a.unit, a.owner,
            clock_timestamp(), clock_timestamp() + a.sla * interval '1 millisecond'
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::float8[])
              AS a (phase, unit, side, at, journey, queue, owner, sla)
       JOIN placement p ON p.migration = $1 AND p.phase = a.phase AND p.unit = placed_as($1, a.phase, a.unit)
       LEFT JOIN split s ON s.migration = $1 AND s.phase = p.phase AND s.cohort = p.cohort
      WHERE p.side <> a.side OR (p.side = 'legacy' AND p.closed_at IS NULL AND s.mode = 'committed')
     ON CONFLICT (migration, cause) DO NOTHING`,
    [
      migration,
      batch.map(({ phase }) => phase),
      batch.map(({ unit }) => unit),
      batch.map(({ side }) => side),
      batch.map(({ at }) => at),
      batch.map(({ journey }) => journey),
      batch.map(({ queue }) => queue.id),
      batch.map(({ queue }) => queue.owner),
      batch.map(({ queue }) => queue.sla),
    ],
  );
  const given = { written: written ?? 0, contradicted: contradicted ?? 0 };
  if (given.written + given.contradicted > 0) {
    await appendAudit(connection, {
      migration,
      actor: 'system:sides',
      verified: true,
      action: 'placement.givenBack',
      reason: 'Answered while Postgres was out of reach, and written down when it was back.',
      evidence: given,
    });
  }
  return given;
}
