import { KNOWN_FROM_LATEST } from '../domain/gates/sequential/cut-points';
import type { Milliseconds } from '../domain/time/duration';
import { PREPARED, type Queryable } from './database';
import { groupColumns, MATCHED_UNTIL, MATURITY, OF_GROUP, type OutcomeGroup } from './matured-outcomes';

/** How long handoffs took that started on legacy, one by one; Infinity for a missed one. Released ones are left out. */
export interface LegacyTimes {
  /** Of epochs before the attempt, matured. */
  before: Milliseconds[];
  /** Of the attempt, those that have a number. */
  since: Milliseconds[];
  /** The highest number among those that were looked at, of either side; `0` where none has one. */
  last: string;
}

const TOOK = `CASE o.outcome WHEN 'kept' THEN extract(epoch FROM o.ended_at - o.started_at)::float8 * 1000 ELSE 'Infinity' END`;
const COLUMNS = `o.epoch, o.from_side, o.outcome, o.matured, ${MATURITY} AS maturity, ${TOOK} AS took`;

/**
 * Of each group, in order, in one statement: among its latest outcomes, of either side, those that started on legacy. Of before the attempt, what nobody has numbered counts
 * too: no gate was watched when it matured.
 */
export async function readLegacyTimes(connection: Queryable, groups: readonly OutcomeGroup[]): Promise<LegacyTimes[]> {
  if (groups.length === 0) return [];
  const { rows } = await connection.query<LegacyTimes & { index: number }>(
    `WITH matched AS MATERIALIZED (SELECT ${MATCHED_UNTIL} AS until)
     SELECT (a.place - 1)::integer AS index, t.*
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
              WITH ORDINALITY AS a (migration, phase, cohort, handoff, from_epoch, place)
      CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(l.took) FILTER (WHERE l.counts AND l.epoch < a.from_epoch), '{}') AS before,
               coalesce(array_agg(l.took) FILTER (WHERE l.counts AND l.epoch >= a.from_epoch), '{}') AS since,
               coalesce(max(l.matured), 0)::text AS last
          FROM (
            SELECT b.*, b.from_side = 'legacy' AND b.outcome IN ('kept', 'missed') AS counts FROM (
              (SELECT ${COLUMNS} FROM handoff_occurrence o
                WHERE ${OF_GROUP} AND o.matured IS NOT NULL
                ORDER BY o.matured DESC LIMIT ${KNOWN_FROM_LATEST})
               UNION ALL
              (SELECT ${COLUMNS} FROM handoff_occurrence o
                WHERE ${OF_GROUP} AND o.epoch < a.from_epoch AND o.final AND o.matured IS NULL AND o.from_side IS NOT NULL
                  AND ${MATURITY} <= (SELECT until FROM matched)
                ORDER BY o.epoch DESC, ${MATURITY} DESC LIMIT ${KNOWN_FROM_LATEST})
            ) b
            ORDER BY b.maturity DESC LIMIT ${KNOWN_FROM_LATEST}
          ) l
      ) t`,
    groupColumns(groups),
    PREPARED,
  );
  const times = groups.map((): LegacyTimes => ({ before: [], since: [], last: '0' }));
  for (const { index, before, since, last } of rows) times[index] = { before, since, last };
  return times;
}
