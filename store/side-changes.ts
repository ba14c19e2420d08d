import type { SplitMode } from '../domain/sides/split-mode';
import type { Queryable } from './database';

/** A split as processes remember it. Its lease is not part of it: whether somebody looks after it is asked where a placement is written. */
export interface RememberedSplit {
  migration: string;
  phase: string;
  cohort: string;
  epoch: number;
  /** Buckets. */
  share: number;
  perDay: number | null;
  maxOpen: number | null;
  mode: SplitMode;
  /** The last epoch that was in mode `returning`; null for none. */
  returnedEpoch: number | null;
}

/** A unit whose remembered answer is not to be given any more. */
export interface ChangedUnit {
  migration: string;
  /** null: in every phase. */
  phase: string | null;
  unit: string;
}

/** What changed since a version, as of one moment. */
export interface SideChanges {
  /** Of all sides, at that moment. */
  version: number;
  /** No later than that moment, by the database's clock. */
  readAt: Date;
  splits: readonly RememberedSplit[];
  /** Empty where they are too many to be told one by one. */
  units: readonly ChangedUnit[];
  /** Migrations of which too many units changed: nothing that is remembered of them is to be given any more. */
  migrations: readonly string[];
}

/** Everything: what a process that remembers nothing reads first. */
export const FROM_THE_START = -1;

/** Units that are told one by one. Reading as many takes some hundredths of a second; a look has a second. */
const MOST_UNITS = 10_000;

/** Splits and units that changed after version `since`. In one statement, so that all of it is as of one moment. */
export async function readSideChanges(
  connection: Queryable,
  since: number,
  mostUnits = MOST_UNITS,
): Promise<SideChanges> {
  const { rows } = await connection.query<SideChanges & Record<string, unknown>>(
    `WITH changed AS MATERIALIZED (
       SELECT c.migration, c.phase, c.unit FROM side_change c WHERE $1 >= 0 AND c.version > $1 LIMIT $2::int + 1
     )
     SELECT v.version::float8 AS version, statement_timestamp() AS "readAt",
            (SELECT coalesce(jsonb_agg(jsonb_build_object(
                      'migration', s.migration, 'phase', s.phase, 'cohort', s.cohort, 'epoch', s.epoch, 'share', s.share,
                      'perDay', s.per_day, 'maxOpen', s.max_open, 'mode', s.mode, 'returnedEpoch', s.returned_epoch)), '[]')
               FROM split s WHERE s.version > $1) AS splits,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('migration', c.migration, 'phase', c.phase, 'unit', c.unit))
                               FILTER (WHERE NOT n.too_many), '[]') FROM changed c) AS units,
            CASE WHEN n.too_many THEN (SELECT jsonb_agg(DISTINCT c.migration) FROM side_change c WHERE c.version > $1) ELSE '[]' END AS migrations
       FROM split_version v CROSS JOIN (SELECT count(*) > $2::int AS too_many FROM changed) n`,
    [since, mostUnits],
  );
  const changes = rows[0];
  if (changes === undefined) throw new Error('The version of all splits is not stored.');
  return changes;
}
