import type { WantedRoute } from '../activities/traffic/outward-route';
import type { SplitKey } from '../activities/traffic/traffic-router';
import type { RouteProblem } from '../domain/sides/route-problem';
import type { SplitMode } from '../domain/sides/split-mode';
import type { RouteList, RouteStanding, UndeliveredRoute } from '../domain/status/route-standing';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Queryable } from './database';

const ROUTES = 'system:routes';
/** How long one carrier waits for another. Longer than a carrying takes. */
const WAITS: Milliseconds = 8_000;

/** Whether the epoch in force was given up and waits for a person. */
const UNDELIVERED = `EXISTS (SELECT FROM undelivered_route u WHERE u.migration = s.migration AND u.phase = s.phase AND u.cohort = s.cohort
  AND u.epoch = s.epoch AND u.settled_at IS NULL)`;

/** A moment in the form in which every time is given out. */
function iso(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** The split in force, as something outside is to follow it, with where it stands. */
export interface RouteToCarry extends WantedRoute {
  mode: SplitMode;
  confirmedEpoch: number;
  planHash: string;
}

/**
 * Holds a route for this transaction, so that one carrier at a time speaks to what is outside, and gives the split as it is after the wait
 * for it; undefined where there is no such split. A lock of its own: nobody who places a unit ever waits for something outside.
 */
export async function holdRoute(connection: Queryable, key: SplitKey): Promise<RouteToCarry | undefined> {
  const { migration, phase, cohort } = key;
  await connection.query(
    `SELECT set_config('lock_timeout', $4, true),
            pg_advisory_xact_lock(hashtextextended('route/' || concat_ws('/', $1::text, $2::text, $3::text), 0))`,
    [migration, phase, cohort, String(WAITS)],
  );
  const { rows } = await connection.query<RouteToCarry>(
    `SELECT s.migration, s.phase, s.cohort, s.epoch::float8 AS epoch, s.mode, m.plan_hash AS "planHash",
            CASE WHEN s.lease_until <= clock_timestamp() THEN 0 ELSE s.share END AS share,
            s.mode = 'returning' AS returning,
            coalesce((SELECT max(c.epoch) FROM split_change c
                       WHERE c.migration = s.migration AND c.phase = s.phase AND c.cohort = s.cohort AND c.mode = 'returning'), 0)::float8
              AS "returnedEpoch",
            coalesce(r.confirmed_epoch, 0)::float8 AS "confirmedEpoch"
       FROM split s JOIN migration m ON m.id = s.migration
       LEFT JOIN outward_route r ON r.migration = s.migration AND r.phase = s.phase AND r.cohort = s.cohort
      WHERE s.migration = $1 AND s.phase = $2 AND s.cohort = $3`,
    [migration, phase, cohort],
  );
  return rows[0];
}

/** Notes that what is outside was read back as it should be: what was undelivered before is settled with it. */
export async function confirmRoute(
  connection: Queryable,
  { epoch, ...key }: SplitKey & { epoch: number },
): Promise<void> {
  const of = [key.migration, key.phase, key.cohort, epoch];
  await connection.query(
    `INSERT INTO outward_route (migration, phase, cohort, confirmed_epoch, confirmed_at) VALUES ($1, $2, $3, $4, clock_timestamp())
     ON CONFLICT (migration, phase, cohort) DO UPDATE
       SET confirmed_epoch = EXCLUDED.confirmed_epoch, confirmed_at = EXCLUDED.confirmed_at, differs_epoch = NULL, differs_since = NULL,
           attempts = 0, problem = NULL`,
    of,
  );
  await connection.query(
    `UPDATE undelivered_route SET settled_at = clock_timestamp(), settled_by = CASE WHEN epoch = $4 THEN 'delivered' ELSE 'overtaken' END
      WHERE migration = $1 AND phase = $2 AND cohort = $3 AND settled_at IS NULL`,
    of,
  );
}

export interface Unconfirmed {
  /** Since when this epoch has not been confirmed, in milliseconds until now. */
  differsFor: Milliseconds;
  attempts: number;
  /** Since when it is kept as undelivered and waits for a person; null: not yet. */
  givenUpAt: Date | null;
}

/** Notes that what is outside could not be confirmed, and keeps it as undelivered once that has gone on for `giveUpAfter`. */
export async function noteUnconfirmed(
  connection: Queryable,
  route: RouteToCarry,
  problem: RouteProblem,
  giveUpAfter: Milliseconds,
): Promise<Unconfirmed> {
  const key = [route.migration, route.phase, route.cohort, route.epoch];
  const { rows } = await connection.query<{ attempts: number; differsFor: number }>(
    `INSERT INTO outward_route AS r (migration, phase, cohort, differs_epoch, differs_since, attempts, problem)
     VALUES ($1, $2, $3, $4, clock_timestamp(), 1, $5)
     ON CONFLICT (migration, phase, cohort) DO UPDATE
       SET differs_since = CASE WHEN r.differs_epoch = EXCLUDED.differs_epoch THEN r.differs_since ELSE EXCLUDED.differs_since END,
           attempts = CASE WHEN r.differs_epoch = EXCLUDED.differs_epoch THEN r.attempts + 1 ELSE 1 END,
           differs_epoch = EXCLUDED.differs_epoch, problem = EXCLUDED.problem
     RETURNING attempts, (extract(epoch FROM clock_timestamp() - differs_since) * 1000)::float8 AS "differsFor"`,
    [...key, problem],
  );
  const { attempts = 0, differsFor = 0 } = rows[0] ?? {};
  if (differsFor < giveUpAfter) return { attempts, differsFor, givenUpAt: null };
  // One that was delivered late and then lost again is given up anew.
  const { rows: kept } = await connection.query<{ givenUpAt: Date }>(
    `INSERT INTO undelivered_route AS u (migration, phase, cohort, epoch, share, mode, problem, attempts, failing_since)
     SELECT $1, $2, $3, $4, $6, $7, $5, attempts, differs_since FROM outward_route WHERE migration = $1 AND phase = $2 AND cohort = $3
     ON CONFLICT (migration, phase, cohort, epoch) DO UPDATE
       SET problem = EXCLUDED.problem, attempts = EXCLUDED.attempts, failing_since = EXCLUDED.failing_since, settled_at = NULL, settled_by = NULL,
           given_up_at = CASE WHEN u.settled_at IS NULL THEN u.given_up_at ELSE clock_timestamp() END
     RETURNING given_up_at AS "givenUpAt"`,
    [...key, problem, route.share, route.mode],
  );
  await connection.query(
    `UPDATE undelivered_route SET settled_at = clock_timestamp(), settled_by = 'overtaken'
      WHERE migration = $1 AND phase = $2 AND cohort = $3 AND epoch < $4 AND settled_at IS NULL`,
    key,
  );
  return { attempts, differsFor, givenUpAt: kept[0]?.givenUpAt ?? null };
}

/** Writes down that what is outside was not as it was left, and was put right. */
export async function recordMended(connection: Queryable, route: RouteToCarry, evidence: unknown): Promise<void> {
  const { migration, phase, cohort, planHash } = route;
  await appendAudit(connection, {
    ...{ migration, phase, cohort, planHash, evidence },
    ...{ actor: ROUTES, verified: true, action: 'route.mended' },
  });
}

/** How far each split was carried outside, in the order of the keys; undefined where that was never tried. */
export async function readRouteStandings(
  connection: Queryable,
  keys: readonly SplitKey[],
): Promise<({ confirmedEpoch: number; problem: RouteProblem | null; undelivered: boolean } | undefined)[]> {
  if (keys.length === 0) return [];
  const { rows } = await connection.query<{
    place: number;
    confirmedEpoch: number;
    problem: RouteProblem | null;
    undelivered: boolean;
  }>(
    `SELECT i.place::integer AS place, r.confirmed_epoch::float8 AS "confirmedEpoch", r.problem, ${UNDELIVERED} AS undelivered
       FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS i (migration, phase, cohort, place)
       JOIN split s USING (migration, phase, cohort) JOIN outward_route r USING (migration, phase, cohort)`,
    [keys.map(({ migration }) => migration), keys.map(({ phase }) => phase), keys.map(({ cohort }) => cohort)],
  );
  const standings = new Map(rows.map(({ place, ...standing }) => [place, standing]));
  return keys.map((_, index) => standings.get(index + 1));
}

/** What of a migration is routed outside, and what could not be carried there. */
export async function readRoutes(connection: Queryable, migration: string): Promise<RouteList> {
  const { rows: routes } = await connection.query<RouteStanding & Record<string, unknown>>(
    `SELECT s.migration, s.phase, s.cohort, s.epoch::float8 AS epoch, s.mode,
            CASE WHEN s.lease_until <= clock_timestamp() THEN 0 ELSE s.share END AS share,
            r.confirmed_epoch::float8 AS "confirmedEpoch", ${iso('r.confirmed_at')} AS "confirmedAt", r.problem,
            ${iso('r.differs_since')} AS "differsSince", r.attempts, ${UNDELIVERED} AS undelivered
       FROM split s JOIN outward_route r USING (migration, phase, cohort) WHERE s.migration = $1 ORDER BY s.phase, s.cohort`,
    [migration],
  );
  const { rows: undelivered } = await connection.query<UndeliveredRoute & Record<string, unknown>>(
    `SELECT phase, cohort, epoch::float8 AS epoch, share, mode, problem, attempts, ${iso('failing_since')} AS "failingSince",
            ${iso('given_up_at')} AS "givenUpAt", settled_by AS "settledBy", ${iso('settled_at')} AS "settledAt"
       FROM undelivered_route WHERE migration = $1 ORDER BY settled_at IS NOT NULL, given_up_at DESC LIMIT 100`,
    [migration],
  );
  return { routes, undelivered };
}

/** The epoch in force, and whether its lease has run out: cheap, to see whether anything changed. undefined where there is no such split. */
export async function epochInForce(
  connection: Queryable,
  { migration, phase, cohort }: SplitKey,
): Promise<{ epoch: number; lapsed: boolean } | undefined> {
  const { rows } = await connection.query<{ epoch: number; lapsed: boolean }>(
    `SELECT epoch::float8 AS epoch, coalesce(lease_until <= clock_timestamp(), false) AS lapsed
       FROM split WHERE migration = $1 AND phase = $2 AND cohort = $3`,
    [migration, phase, cohort],
  );
  return rows[0];
}

/** How many epochs in force were given up and wait for a person. */
export async function countUndelivered(connection: Queryable): Promise<number> {
  const { rows } = await connection.query<{ count: number }>(
    'SELECT count(*)::float8 AS count FROM undelivered_route WHERE settled_at IS NULL',
  );
  return rows[0]?.count ?? 0;
}

/** What an agent check is answered by; undefined where there is no such split. All durations by the database's clock, in milliseconds. */
export async function readSplitForAgent(
  connection: Queryable,
  { migration, phase, cohort }: SplitKey,
): Promise<
  { share: number; mode: SplitMode; lapsed: boolean; changedFor: Milliseconds; leaseLeft: Milliseconds } | undefined
> {
  const { rows } = await connection.query<{
    share: number;
    mode: SplitMode;
    lapsed: boolean;
    changedFor: number;
    leaseLeft: number;
  }>(
    `SELECT share, mode, coalesce(lease_until <= clock_timestamp(), false) AS lapsed,
            (extract(epoch FROM clock_timestamp() - changed_at) * 1000)::float8 AS "changedFor",
            greatest(0, coalesce(extract(epoch FROM lease_until - clock_timestamp()) * 1000, 0))::float8 AS "leaseLeft"
       FROM split WHERE migration = $1 AND phase = $2 AND cohort = $3`,
    [migration, phase, cohort],
  );
  return rows[0];
}
