import type { StoredControl } from '../domain/control/judge-control';
import type { Milliseconds } from '../domain/time/duration';
import type { Queryable } from './database';
import { readMatchingLag } from './handoffs';

/** What control looks like in Postgres, and the moment of it by the database's clock. */
export interface ObservedControl {
  now: Date;
  stored: StoredControl;
}

/**
 * Reads what speaks for or against control, over the live migrations. A lease is running out when less than a third of it is left: whoever looks after
 * a split renews it about once a second. A step counts as not looked at after as long.
 */
export async function readControl(connection: Queryable): Promise<ObservedControl> {
  const matchingLag = await readMatchingLag(connection);
  const { rows } = await connection.query<Omit<StoredControl, 'matchingLag'> & { now: Date }>(
    `WITH moment AS MATERIALIZED (
       SELECT clock_timestamp() AS now
     ), open AS (
       SELECT s.lease_until, s.lease_ms * interval '1 millisecond' AS lease FROM split s JOIN migration m ON m.id = s.migration
        WHERE m.state = 'live' AND s.mode = 'open' AND s.share > 0
     ), watched AS (
       SELECT greatest(w.last_seen_at, r.changed_at) AS seen_at, s.lease_ms * interval '1 millisecond' AS lease
         FROM cohort_run r
         JOIN migration m ON m.id = r.migration
         JOIN split s ON s.migration = r.migration AND s.phase = r.phase AND s.cohort = r.cohort
         LEFT JOIN watch w ON w.migration = r.migration AND w.phase = r.phase AND w.cohort = r.cohort
               AND w.attempt = (r.run ->> 'series')::integer AND w.step = (r.run ->> 'step')::integer
        WHERE m.state = 'live' AND r.run ->> 'status' IN ('watching', 'soaking')
     )
     SELECT now,
            (SELECT count(*) FROM open WHERE lease_until <= now)::integer AS unattended,
            (SELECT count(*) FROM open WHERE lease_until > now AND lease_until < now + lease / 3)::integer AS "runningOut",
            (SELECT count(*) FROM watched WHERE seen_at < now - lease * 2 / 3)::integer AS unwatched
       FROM moment`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error('A query without a condition gave no row.');
  const { now, ...counts } = row;
  return { now, stored: { matchingLag, ...counts } };
}

/**
 * Writes down that a worker looked, and whether it found control whole. Gives how long ago any worker last did; undefined where none ever
 * has. @throws where Postgres takes no write, as a standby does not
 */
export async function noteControlCheck(connection: Queryable, whole: boolean): Promise<Milliseconds | undefined> {
  const { rows } = await connection.query<{ ago: Milliseconds | null }>(
    `UPDATE control_check SET checked_at = clock_timestamp(), whole_at = CASE WHEN $1 THEN clock_timestamp() ELSE whole_at END
     RETURNING CASE WHEN $1 THEN 0 ELSE (extract(epoch FROM checked_at - whole_at) * 1000)::float8 END AS ago`,
    [whole],
  );
  return rows[0]?.ago ?? undefined;
}

/** When any worker last found control whole, by the database's clock; undefined where none ever has. */
export async function readLastWhole(connection: Queryable): Promise<Date | undefined> {
  const { rows } = await connection.query<{ wholeAt: Date | null }>(`SELECT whole_at AS "wholeAt" FROM control_check`);
  return rows[0]?.wholeAt ?? undefined;
}
