import { DomainError } from '../domain/domain-error';
import { bucketOf } from '../domain/sides/bucket';
import { decideSide, type DecisionFacts, type SideDecision } from '../domain/sides/decide-side';
import { PLACING_LIMIT } from '../domain/sides/placing-limit';
import type { Side } from '../domain/sides/side';
import type { SplitMode } from '../domain/sides/split-mode';
import type { Database } from './database';
import {
  knownUnits,
  linkedUnits,
  phasesWithoutUnit,
  type EarlierPhase,
  type EarlierUnit,
  type JourneyLink,
} from './earlier-units';

export interface PlacementQuestion {
  migration: string;
  phase: string;
  /** The unit's key. */
  unit: string;
  /** The cohort that takes it; null where none does. */
  cohort: string | null;
  /** The phases before this one in the plan, in its order (I14). */
  earlier?: readonly EarlierPhase[];
  /** By whose events the units of earlier phases are found that whoever asks does not know. Without it they are not looked for. */
  link?: JourneyLink;
}

/** A unit's side, as it is written down. */
export interface PlacedUnit extends SideDecision {
  /** The cohort it was placed in, whatever its attributes say now. */
  cohort: string | null;
  /** The split's epoch that it was placed under; 0 where there was no split. */
  epoch: number;
}

/** The split kept changing while a unit was being placed. It has no side yet, and must not be treated as if it had one. */
export class SideUndetermined extends DomainError {
  readonly code = 'side-undetermined';
  readonly status = 503;
  constructor() {
    super('The split changed again and again while this was asked, so no side was written down. Ask again.');
  }
}

/** A placement is refused only because the facts it was decided on have changed; so often in a row never happens by chance. */
const ATTEMPTS = 10;

/**
 * The side of a unit; at its first question it is decided and written down. What it answers is committed.
 *
 * Decided on facts that were read just before, and written by one statement that holds the split's row and checks there that
 * they still stand: the epoch (so share, mode and number a day), the lease, the day's count, the number open, the journey's side in the earlier phases, and that the unit has no side yet. Where
 * one does not, nothing is written and it is decided anew. No lock is held while a message travels, so that an API
 * process that stops in the middle holds no rollback up.
 *
 * I14: nobody is placed on target whose journey is on legacy in the nearest earlier phase at that moment. The key that whoever asks
 * sends is believed; where it is missing, the events say which unit is meant, as they are stored when this is asked, and only
 * for those who would go to target. A placement or a bringing back in the earlier phase that is under way at the same time is waited for
 * (`target_may_take`); what happens there later moves nobody here.
 * @throws SideUndetermined; or the database's own error, and then the unit may or may not have been placed: ask again
 */
export async function placeUnit(db: Database, question: PlacementQuestion): Promise<PlacedUnit> {
  let earlier = knownUnits(question.earlier ?? []);
  let looked = false;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const facts = await readFacts(db, question, earlier);
    const decision = decideSide(facts);
    if (facts.placement !== undefined) return { ...decision, ...facts.placement };
    if (decision.side === 'target' && !looked) {
      looked = true;
      const found = await findLinked(db, question, earlier, facts.nearest);
      if (found.length > 0) {
        earlier = found;
        continue;
      }
    }
    const epoch = facts.epoch ?? 0;
    const written =
      facts.epoch === undefined
        ? await writeWithoutSplit(db, question)
        : await writeUnderSplit(db, question, decision.side, facts.epoch, earlier);
    if (written) return { ...decision, cohort: question.cohort, epoch };
  }
  throw new SideUndetermined();
}

/** What the journey's events say of the phases whose unit nobody named, as far as they are nearer than where a placement was found. */
async function findLinked(
  db: Database,
  { migration, earlier = [], link }: PlacementQuestion,
  known: readonly EarlierUnit[],
  nearest: number | undefined,
): Promise<EarlierUnit[]> {
  return link === undefined ? [] : linkedUnits(db, migration, link, phasesWithoutUnit(earlier, nearest), known);
}

interface Facts extends DecisionFacts {
  placement?: { cohort: string | null; epoch: number };
  epoch?: number;
  /** Ordinal of the earlier phase that `previousPhase` is about. */
  nearest?: number | undefined;
}

interface FactsRow {
  salt: string;
  placed: Side | null;
  placedCohort: string | null;
  placedEpoch: number | null;
  epoch: number | null;
  share: number;
  perDay: number | null;
  mode: SplitMode;
  unattended: boolean;
  maxOpen: number | null;
  taken: number;
  open: number;
  earlierOrdinal: number | null;
  earlierSide: Side | null;
  earlierUnattended: boolean;
}

/** All that a decision needs, as of one moment. A day is one of the plan's, counted since the migration started. */
async function readFacts(db: Database, question: PlacementQuestion, earlier: readonly EarlierUnit[]): Promise<Facts> {
  const { migration, phase, unit, cohort } = question;
  const { rows } = await db.queryPrepared<FactsRow>(
    'facts-of-a-placement',
    `SELECT m.salt, p.side AS placed, p.cohort AS "placedCohort", p.epoch::float8 AS "placedEpoch",
            s.epoch::float8 AS epoch, s.share, s.per_day AS "perDay", s.max_open AS "maxOpen", s.mode,
            coalesce(s.lease_until <= clock_timestamp(), false) AS unattended, coalesce(d.taken, 0) AS taken, o.open,
            b.ordinal AS "earlierOrdinal", b.side AS "earlierSide", coalesce(b.unattended, false) AS "earlierUnattended"
       FROM migration m
       LEFT JOIN placement p ON p.migration = m.id AND p.phase = $2 AND p.unit = $3
       LEFT JOIN split s ON s.migration = m.id AND s.phase = $2 AND s.cohort = $4
       LEFT JOIN split_day d ON s.per_day IS NOT NULL AND d.migration = m.id AND d.phase = $2 AND d.cohort = $4
             AND d.day = floor(extract(epoch FROM statement_timestamp() - m.started_at) * m.time_scale / 86400)
       LEFT JOIN LATERAL (
         SELECT count(*)::int AS open FROM (
           SELECT FROM placement t
            WHERE s.max_open IS NOT NULL AND t.migration = $1 AND t.phase = $2 AND t.cohort = $4 AND t.side = 'target'
              AND t.closed_at IS NULL
            LIMIT s.max_open
         ) t
       ) o ON true
       LEFT JOIN LATERAL (
         SELECT n.* FROM (
           SELECT DISTINCT ON (e.journey) e.ordinal, q.side, coalesce(t.lease_until <= clock_timestamp(), false) AS unattended
             FROM unnest($5::int[], $6::int[], $7::text[], $8::text[]) AS e (journey, ordinal, phase, unit)
            CROSS JOIN LATERAL (
              SELECT p.side, p.cohort FROM placement p WHERE p.migration = $1 AND p.phase = e.phase AND p.unit = e.unit OFFSET 0
            ) q
             LEFT JOIN split t ON t.migration = $1 AND t.phase = e.phase AND t.cohort = q.cohort
            ORDER BY e.journey, e.ordinal, q.side, unattended DESC
         ) n ORDER BY n.side, n.unattended DESC LIMIT 1
       ) b ON true
      WHERE m.id = $1`,
    [
      migration,
      phase,
      unit,
      cohort,
      earlier.map(({ journey }) => journey),
      earlier.map(({ ordinal }) => ordinal),
      earlier.map((of) => of.phase),
      earlier.map((of) => of.unit),
    ],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('A unit was to be placed in a migration that is not stored.');
  const decidedOn = {
    ...{ cohort, bucket: bucketOf(row.salt, unit), takenToday: row.taken, openNow: row.open },
    ...(row.earlierSide !== null && {
      nearest: row.earlierOrdinal ?? undefined,
      previousPhase: { side: row.earlierSide, unattended: row.earlierUnattended },
    }),
  };
  if (row.placed !== null) {
    return { ...decidedOn, placed: row.placed, placement: { cohort: row.placedCohort, epoch: row.placedEpoch ?? 0 } };
  }
  if (row.epoch === null) return decidedOn;
  const { share, perDay, maxOpen, mode, unattended } = row;
  return { ...decidedOn, split: { share, perDay, maxOpen, mode, unattended }, epoch: row.epoch };
}

/**
 * Writes a placement, if the split is still at the epoch it was decided under; false where it is not, or where the unit has a
 * side already.
 *
 * I2: the epoch is checked on the row that this very statement holds in share mode. A change of the split waits for it, or
 * came before it, and then `fence` is the changed row: Postgres reads a row again that it had to wait for. Checked before, a rollback in
 * between would leave people on a side that is going away.
 *
 * I14 and the number open are asked of `target_may_take`, which waits for whoever could change the answer. Whoever is placed on legacy holds
 * the lock of its key until that is committed: a later phase waits for it there.
 *
 * The queue before the row keeps arrivals from starving a rollback (see holdSplit). The day's count is raised only for a
 * placement that was inserted, and a day that is full undoes both. Every wait has a limit, and from Postgres 17 on the
 * whole has one too (PLACING_LIMIT); before, the connection's own.
 */
async function writeUnderSplit(
  db: Database,
  { migration, phase, unit, cohort }: PlacementQuestion,
  side: Side,
  epoch: number,
  earlier: readonly EarlierUnit[],
): Promise<boolean> {
  try {
    const { rowCount } = await db.queryPrepared(
      'write-a-placement',
      `WITH limits AS MATERIALIZED (
         SELECT set_config('lock_timeout', $7, true),
                CASE WHEN current_setting('server_version_num')::int >= 170000 THEN set_config('transaction_timeout', $8, true) END,
                pg_advisory_xact_lock_shared(hashtextextended(concat_ws('/', $1::text, $2::text, $4::text), 0)),
                CASE WHEN $5 = 'legacy' THEN hold_unit_keys($1, ARRAY[$3::text]) END
       ), fence AS MATERIALIZED (
         SELECT s.epoch, s.mode, s.per_day, s.max_open, s.lease_until
           FROM limits, split s WHERE s.migration = $1 AND s.phase = $2 AND s.cohort = $4 FOR SHARE OF s
       ), placed AS (
         INSERT INTO placement (migration, phase, unit, cohort, side, epoch)
         SELECT $1, $2, $3, $4, $5, f.epoch FROM fence f
          WHERE CASE WHEN f.epoch <> $6 THEN false
                     WHEN $5 = 'legacy' THEN true
                     WHEN NOT target_may_take($1, $2, $4, CASE WHEN f.mode = 'open' THEN f.max_open END, $9, $10, $11, $12) THEN false
                     ELSE f.mode = 'committed' OR f.lease_until > clock_timestamp() END
         ON CONFLICT (migration, phase, unit) DO NOTHING
         RETURNING side
       ), counted AS (
         INSERT INTO split_day AS d (migration, phase, cohort, day, taken, allowed)
         SELECT $1, $2, $4, floor(extract(epoch FROM statement_timestamp() - m.started_at) * m.time_scale / 86400), 1, f.per_day
           FROM placed, fence f, migration m
          WHERE m.id = $1 AND placed.side = 'target' AND f.mode = 'open' AND f.per_day IS NOT NULL
         ON CONFLICT (migration, phase, cohort, day) DO UPDATE SET taken = d.taken + 1, allowed = EXCLUDED.allowed
       )
       SELECT side FROM placed`,
      [
        ...[migration, phase, unit, cohort, side, epoch, String(PLACING_LIMIT / 2), String(PLACING_LIMIT)],
        earlier.map(({ journey }) => journey),
        earlier.map(({ ordinal }) => ordinal),
        earlier.map((of) => of.phase),
        earlier.map((of) => of.unit),
      ],
    );
    return rowCount === 1;
  } catch (error) {
    if (isFullDay(error)) return false;
    throw error;
  }
}

/** In no cohort, or in one without a split: on legacy, and no change of a split can make that wrong. */
async function writeWithoutSplit(
  db: Database,
  { migration, phase, unit, cohort }: PlacementQuestion,
): Promise<boolean> {
  const { rowCount } = await db.queryPrepared(
    'write-a-placement-without-split',
    `WITH limits AS MATERIALIZED (
       SELECT set_config('lock_timeout', $5, true), hold_unit_keys($1, ARRAY[$3::text])
     )
     INSERT INTO placement (migration, phase, unit, cohort, side, epoch)
     SELECT $1, $2, $3, $4, 'legacy', 0 FROM limits
     ON CONFLICT (migration, phase, unit) DO NOTHING`,
    [migration, phase, unit, cohort, String(PLACING_LIMIT / 2)],
  );
  return rowCount === 1;
}

function isFullDay(error: unknown): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === 'split_day_full';
}
