import { DomainError } from '../domain/domain-error';
import type { Actor } from '../domain/phase/actor';
import { PLACING_LIMIT } from '../domain/sides/placing-limit';
import type { Side } from '../domain/sides/side';
import type { RemovedOverride, SideOverride } from '../domain/status/side-override';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';

/** There is no override of this unit in this phase. */
export class UnknownOverride extends DomainError {
  readonly code = 'unknown-override';
  readonly status = 404;
  constructor() {
    super("This unit has no override in this phase. 'handoff override list' shows those there are.");
  }
}

/** Which unit, and who wants it. */
export interface OverrideRequest {
  migration: string;
  planHash: string;
  phase: string;
  /** A key that the plan names under `testUnits`: the caller has looked. */
  unit: string;
  actor: Actor;
  reason: string;
  /** The same for a repeated request, which leaves one audit row. */
  onceKey?: string;
}

/** How a unit was placed before. */
interface Before {
  side: Side;
  cohort: string | null;
  epoch: number;
  because: string | null;
}

/**
 * Gives a test unit a side, whatever the splits and its journey say (I14 does not bind it), now and at every later question: its placement is
 * written here, so whoever is placing it at the same time finds it placed. One that had a side changes it. Repeated, it changes nothing.
 * Answer it only when every process has taken it over.
 */
export async function setOverride(
  db: Database,
  { side, ...of }: OverrideRequest & { side: Side },
): Promise<SideOverride> {
  return db.transaction(async (connection) => {
    await holdUnit(connection, of);
    const { migration, phase, unit, actor, reason } = of;
    if (await isRepeated(connection, of)) return onlyOne(await readOverrides(connection, migration, { phase, unit }));
    const before = await place(connection, { migration, phase, unit, side });
    const answers = before === undefined || before.side !== side || before.because !== 'override';
    const { rows } = await connection.query<Omit<SideOverride, 'setAt'> & { setAt: Date }>(
      `INSERT INTO side_override AS o (migration, phase, unit, side, set_by, reason) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (migration, phase, unit) DO UPDATE
          SET side = EXCLUDED.side, set_by = EXCLUDED.set_by, reason = EXCLUDED.reason, set_at = EXCLUDED.set_at WHERE o.side <> EXCLUDED.side
       RETURNING phase, unit, side, set_by AS "setBy", reason, set_at AS "setAt"`,
      [migration, phase, unit, side, actor.id, reason],
    );
    const [row] = rows;
    if (row === undefined) return onlyOne(await readOverrides(connection, migration, { phase, unit }));
    await audit(connection, of, 'override.set', { unit, to: side, from: before ?? null });
    if (before !== undefined && answers) await dropAnswers(connection, of);
    return { ...row, setAt: row.setAt.toISOString() };
  });
}

/**
 * Takes an override back. The unit keeps the side that it has (I1), and counts for nothing all the same; from now on it is answered as placed
 * before. Answer it only when every process has taken it over.
 * @throws UnknownOverride
 */
export async function removeOverride(db: Database, of: OverrideRequest): Promise<RemovedOverride> {
  return db.transaction(async (connection) => {
    await holdUnit(connection, of);
    const { migration, phase, unit } = of;
    const repeated = await isRepeated(connection, of);
    const { rows } = await connection.query<{ side: Side }>(
      `WITH removed AS (
         DELETE FROM side_override WHERE NOT $4 AND migration = $1 AND phase = $2 AND unit = $3 RETURNING unit
       ), ended AS (
         UPDATE placement p SET moved_because = 'overrideEnded' FROM removed
          WHERE p.migration = $1 AND p.phase = $2 AND p.unit = $3 RETURNING p.side
       )
       SELECT side FROM ended
        UNION ALL SELECT side FROM placement WHERE $4 AND migration = $1 AND phase = $2 AND unit = $3`,
      [migration, phase, unit, repeated],
    );
    const [placed] = rows;
    if (placed === undefined) throw new UnknownOverride();
    if (!repeated) {
      await audit(connection, of, 'override.removed', { unit, keeps: placed.side });
      await dropAnswers(connection, of);
    }
    return { phase, unit, side: placed.side };
  });
}

/** The overrides of a migration, by phase; one of them where it is named. */
export async function readOverrides(
  connection: Queryable,
  migration: string,
  one: { phase: string | null; unit: string | null } = { phase: null, unit: null },
): Promise<SideOverride[]> {
  const { rows } = await connection.query<Omit<SideOverride, 'setAt'> & { setAt: Date }>(
    `SELECT phase, unit, side, set_by AS "setBy", reason, set_at AS "setAt" FROM side_override
      WHERE migration = $1 AND phase = coalesce($2, phase) AND unit = coalesce($3, unit) ORDER BY phase, unit`,
    [migration, one.phase, one.unit],
  );
  return rows.map(({ setAt, ...override }) => ({ ...override, setAt: setAt.toISOString() }));
}

/** @throws UnknownOverride where it was removed since the request first came */
function onlyOne([override]: readonly SideOverride[]): SideOverride {
  if (override === undefined) throw new UnknownOverride();
  return override;
}

/** In the order of all who place: the unit's key first, so that a later phase of its journey waits for this. Then its row. */
async function holdUnit(connection: Queryable, { migration, unit }: OverrideRequest): Promise<void> {
  // It ends holding the version of all sides: a process that stops in the middle keeps nobody up for longer than one that changes a split.
  await connection.query(
    `SELECT set_config('lock_timeout', $3, true), set_config('idle_in_transaction_session_timeout', $4, true),
            hold_unit_keys($1, ARRAY[$2::text])`,
    [migration, unit, String(2 * PLACING_LIMIT), String(PLACING_LIMIT)],
  );
}

/** Writes the side down, in no cohort. Gives how the unit was placed before; undefined where it was not. */
async function place(
  connection: Queryable,
  { migration, phase, unit, side }: { migration: string; phase: string; unit: string; side: Side },
): Promise<Before | undefined> {
  const { rowCount } = await connection.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, moved_because) VALUES ($1, $2, $3, NULL, $4, 0, 'override')
     ON CONFLICT (migration, phase, unit) DO NOTHING`,
    [migration, phase, unit, side],
  );
  if (rowCount === 1) return undefined;
  const { rows } = await connection.query<Before & Record<string, unknown>>(
    `WITH before AS MATERIALIZED (
       SELECT side, cohort, epoch::float8 AS epoch, moved_because FROM placement
        WHERE migration = $1 AND phase = $2 AND unit = $3 FOR NO KEY UPDATE
     )
     UPDATE placement p
        SET side = $4, cohort = NULL, epoch = 0, moved_because = 'override', paused_at = NULL,
            moved_from = CASE WHEN b.side <> $4 THEN b.side ELSE p.moved_from END,
            moved_at = CASE WHEN b.side <> $4 THEN clock_timestamp() ELSE p.moved_at END
       FROM before b WHERE p.migration = $1 AND p.phase = $2 AND p.unit = $3
     RETURNING b.side, b.cohort, b.epoch, b.moved_because AS because`,
    [migration, phase, unit, side],
  );
  const before = rows[0];
  if (before === undefined) throw new Error('A placement that was there is gone: none ever goes.');
  return before;
}

/** The version comes last: its row is everyone's. */
async function dropAnswers(connection: Queryable, { migration, phase, unit }: OverrideRequest): Promise<void> {
  await connection.query(
    'INSERT INTO side_change (version, migration, phase, unit) SELECT raise_sides_version(), $1, $2, $3',
    [migration, phase, unit],
  );
}

/** I13. The key is one that the plan names, so the log may. */
async function audit(
  connection: Queryable,
  { migration, phase, planHash, actor, reason, onceKey }: OverrideRequest,
  action: string,
  evidence: unknown,
): Promise<void> {
  await appendAudit(connection, {
    ...{ migration, phase, planHash, actor: actor.id, verified: actor.verified, reason, action, evidence },
    ...(onceKey !== undefined && { onceKey }),
  });
}

async function isRepeated(connection: Queryable, { migration, onceKey }: OverrideRequest): Promise<boolean> {
  if (onceKey === undefined) return false;
  const { rowCount } = await connection.query('SELECT FROM audit WHERE migration = $1 AND once_key = $2', [
    migration,
    onceKey,
  ]);
  return rowCount === 1;
}
