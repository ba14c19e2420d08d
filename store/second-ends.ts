import type { Queryable } from './database';
import type { OutcomeGroup } from './matured-outcomes';

/** Of each group, how many handoffs that started on target ended more than once: as soon as that is known, since nothing can undo it. */
export async function countEndedTwice(connection: Queryable, asked: readonly OutcomeGroup[]): Promise<number[]> {
  if (asked.length === 0) return [];
  const { rows } = await connection.query<{ place: number; twice: number }>(
    `SELECT a.place::integer AS place, c.twice
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
              WITH ORDINALITY AS a (migration, phase, cohort, handoff, from_epoch, place)
      CROSS JOIN LATERAL (
        SELECT count(*)::float8 AS twice FROM handoff_occurrence o
         WHERE o.migration = a.migration AND o.phase = a.phase AND o.cohort = a.cohort AND o.handoff = a.handoff
           AND o.epoch >= a.from_epoch AND o.second_ends > 0 AND o.from_side = 'target'
      ) c`,
    [
      asked.map(({ migration }) => migration),
      asked.map(({ phase }) => phase),
      asked.map(({ cohort }) => cohort),
      asked.map(({ handoff }) => handoff),
      asked.map(({ fromEpoch }) => fromEpoch),
    ],
  );
  const found = asked.map(() => 0);
  for (const { place, twice } of rows) found[place - 1] = twice;
  return found;
}
