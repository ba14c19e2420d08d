import type { UnlinkedBecause } from '../domain/crosswalk/vendor-event';
import type { HeldEventEntry, HeldPage } from '../domain/status/crosswalk-answers';
import type { Queryable } from './database';

export interface HeldQuery {
  migration: string;
  because?: UnlinkedBecause;
  /** Number of a case. */
  case?: string;
  /** Those that were given up for lost instead. */
  givenUp?: boolean;
  /** The `next` of the page before. */
  after?: string;
  limit: number;
}

/** Events of vendors that are held, a page at a time. Whose they are is said where all that is linked of their ids says the same. */
export async function listHeld(connection: Queryable, query: HeldQuery): Promise<HeldPage> {
  const { rows } = await connection.query<Omit<HeldEventEntry, 'at' | 'receivedAt'> & { at: Date; receivedAt: Date }>(
    `SELECT u.number, u.source, u.id, u.type, coalesce(u.time, u.received_at) AS at, u.received_at AS "receivedAt", u.because, x.id AS case,
            u.filed_under AS "filedUnder",
            (SELECT CASE WHEN count(DISTINCT k.patient) = 1 THEN min(k.patient) END
               FROM (SELECT coalesce(a.unit, p.unit) AS patient
                       FROM (SELECT l.unit FROM unlinked_event_id i JOIN vendor_link l ON l.vendor_id = i.vendor_id AND l.kind = 'patient' WHERE i.event = u.number
                              UNION SELECT u.stated ->> 'patient' WHERE u.stated ? 'patient') p
                       LEFT JOIN unit_alias a ON a.migration = u.migration AND a.alias = p.unit) k) AS patient
       FROM unlinked_event u LEFT JOIN exception x ON x.migration = u.migration AND x.cause = u.cause
      WHERE u.migration = $1 AND ${query.givenUp === true ? "u.outcome = 'givenUp'" : 'u.outcome IS NULL'} AND ($2::text IS NULL OR u.because = $2)
        AND ($3::bigint IS NULL OR u.cause = (SELECT c.cause FROM exception c WHERE c.migration = $1 AND c.id = $3))
        AND ($4::bigint IS NULL OR u.number > $4)
      ORDER BY u.number LIMIT $5`,
    [query.migration, query.because ?? null, query.case ?? null, query.after ?? null, query.limit + 1],
  );
  const page = rows.slice(0, query.limit);
  return {
    events: page.map(({ at, receivedAt, ...row }) => ({
      ...row,
      at: at.toISOString(),
      receivedAt: receivedAt.toISOString(),
    })),
    next: rows.length > query.limit ? (page.at(-1)?.number ?? null) : null,
  };
}
