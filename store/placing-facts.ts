import { bucketOf } from '../domain/sides/bucket';
import type { DecisionFacts } from '../domain/sides/decide-side';
import type { Side } from '../domain/sides/side';
import type { SplitMode } from '../domain/sides/split-mode';
import type { Database } from './database';
import type { EarlierUnit } from './earlier-units';

/** What is to be known of a unit. */
export interface FactsQuestion {
  /** Its key, which may stand for another. */
  unit: string;
  /** null: no cohort takes it. */
  cohort: string | null;
  /** Its units in earlier phases. */
  earlier: readonly EarlierUnit[];
}

/** All that the decision on one unit needs. */
export interface PlacingFacts extends DecisionFacts {
  /** The key that its side is, or is to be, written down under; undefined where nobody looked: the one that was asked for. */
  unit?: string;
  /** As it is written down; undefined where it is not. */
  placement?: { cohort: string | null; epoch: number; paused?: true };
  /** The split's; undefined where its cohort has none. */
  epoch?: number;
  /** Ordinal of the earlier phase that `previousPhase` is about. */
  nearest?: number | undefined;
}

interface FactsRow {
  salt: string;
  unit: string;
  placed: Side | null;
  placedCohort: string | null;
  placedEpoch: number | null;
  paused: boolean | null;
  overridden: boolean;
  epoch: number | null;
  share: number;
  perDay: number | null;
  mode: SplitMode;
  unattended: boolean;
  maxOpen: number | null;
  taken: number;
  open: number;
  limbo: boolean;
  earlierOrdinal: number | null;
  earlierSide: Side | null;
  earlierUnattended: boolean;
}

/** The facts of many units of a phase, in their order, as of one moment. A day is one of the plan's, counted since the migration started. */
export async function readPlacingFacts(
  db: Database,
  { migration, phase, takesVisitors }: { migration: string; phase: string; takesVisitors: boolean },
  questions: readonly FactsQuestion[],
): Promise<PlacingFacts[]> {
  const earlier = questions.flatMap((question, index) => question.earlier.map((of) => ({ index: index + 1, ...of })));
  const { rows } = await db.queryPrepared<FactsRow>(
    'facts-of-placements',
    `WITH asked AS MATERIALIZED (
       SELECT a.unit, a.cohort, a.index, l.unit AS stands_for, o.patient
         FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS a (unit, cohort, index)
         LEFT JOIN unit_alias l ON l.migration = $1 AND l.alias = a.unit
         LEFT JOIN unit_owner o ON $10::boolean AND o.migration = $1 AND o.visitor = coalesce(l.unit, a.unit)
     ), splits AS MATERIALIZED (
       SELECT s.cohort, s.epoch, s.share, s.per_day, s.max_open, s.mode, coalesce(s.lease_until <= clock_timestamp(), false) AS unattended,
              coalesce(d.taken, 0) AS taken, o.open
         FROM migration m
         JOIN split s ON s.migration = m.id AND s.phase = $2 AND s.cohort = ANY ($4)
         LEFT JOIN split_day d ON s.per_day IS NOT NULL AND d.migration = m.id AND d.phase = $2 AND d.cohort = s.cohort
               AND d.day = floor(extract(epoch FROM statement_timestamp() - m.started_at) * m.time_scale / 86400)
        CROSS JOIN LATERAL (
          SELECT count(*)::int AS open FROM (
            SELECT FROM placement t
             WHERE s.max_open IS NOT NULL AND t.migration = $1 AND t.phase = $2 AND t.cohort = s.cohort AND t.side = 'target'
               AND t.closed_at IS NULL
             LIMIT s.max_open
          ) t
        ) o
        WHERE m.id = $1
     ), before AS MATERIALIZED (
       SELECT DISTINCT ON (n.index) n.index, n.ordinal, n.side, n.unattended FROM (
         SELECT DISTINCT ON (e.index, e.journey) e.index, e.ordinal, q.side, coalesce(t.lease_until <= clock_timestamp(), false) AS unattended
           FROM unnest($5::int[], $6::int[], $7::int[], $8::text[], $9::text[]) AS e (index, journey, ordinal, phase, unit)
          CROSS JOIN LATERAL keys_of_person($1, e.unit) AS k (unit)
          CROSS JOIN LATERAL (
            SELECT p.side, p.cohort FROM placement p WHERE p.migration = $1 AND p.phase = e.phase AND p.unit = k.unit OFFSET 0
          ) q
           LEFT JOIN split t ON t.migration = $1 AND t.phase = e.phase AND t.cohort = q.cohort
          ORDER BY e.index, e.journey, e.ordinal, q.side, unattended DESC
       ) n ORDER BY n.index, n.side, n.unattended DESC
     )
     SELECT m.salt, coalesce(p.unit, a.patient, a.stands_for, a.unit) AS unit, p.side AS placed, p.cohort AS "placedCohort", p.epoch::float8 AS "placedEpoch", p.paused,
            coalesce(p.overridden, false) AS overridden,
            s.epoch::float8 AS epoch, s.share, s.per_day AS "perDay", s.max_open AS "maxOpen", s.mode,
            coalesce(s.unattended, false) AS unattended, coalesce(s.taken, 0) AS taken, coalesce(s.open, 0) AS open, somebody_in_limbo() AS limbo,
            b.ordinal AS "earlierOrdinal", b.side AS "earlierSide", coalesce(b.unattended, false) AS "earlierUnattended"
       FROM migration m
      CROSS JOIN asked a
       LEFT JOIN LATERAL (
         SELECT p.unit, p.side, p.cohort, p.epoch, p.paused_at IS NOT NULL AND p.closed_at IS NULL AS paused,
                p.moved_because = 'override' AS overridden
           FROM placement p
          WHERE p.migration = $1 AND p.phase = $2 AND p.unit = ANY (ARRAY[a.unit, a.stands_for, a.patient])
          ORDER BY p.unit = a.unit DESC, p.unit = a.stands_for DESC NULLS LAST LIMIT 1
       ) p ON true
       LEFT JOIN splits s ON s.cohort = a.cohort
       LEFT JOIN before b ON b.index = a.index
      WHERE m.id = $1 ORDER BY a.index`,
    [
      ...[migration, phase, questions.map(({ unit }) => unit), questions.map(({ cohort }) => cohort)],
      earlier.map(({ index }) => index),
      earlier.map(({ journey }) => journey),
      earlier.map(({ ordinal }) => ordinal),
      earlier.map((of) => of.phase),
      earlier.map((of) => of.unit),
      takesVisitors,
    ],
  );
  return questions.map(({ cohort }, index) => {
    const row = rows[index];
    if (row === undefined) throw new Error('A unit was to be placed in a migration that is not stored.');
    return factsOf(row, cohort);
  });
}

function factsOf(row: FactsRow, cohort: string | null): PlacingFacts {
  const decidedOn = {
    ...{
      unit: row.unit,
      cohort,
      bucket: bucketOf(row.salt, row.unit),
      takenToday: row.taken,
      openNow: row.open,
      limbo: row.limbo,
    },
    ...(row.earlierSide !== null && {
      nearest: row.earlierOrdinal ?? undefined,
      previousPhase: { side: row.earlierSide, unattended: row.earlierUnattended },
    }),
  };
  if (row.placed !== null) {
    const placement = { cohort: row.placedCohort, epoch: row.placedEpoch ?? 0 };
    return {
      ...decidedOn,
      placed: row.placed,
      overridden: row.overridden,
      placement: row.paused === true ? { ...placement, paused: true } : placement,
    };
  }
  if (row.epoch === null) return decidedOn;
  const { share, perDay, maxOpen, mode, unattended } = row;
  return { ...decidedOn, split: { share, perDay, maxOpen, mode, unattended }, epoch: row.epoch };
}
