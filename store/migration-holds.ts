import type { Actor } from '../domain/phase/actor';
import { DomainError } from '../domain/domain-error';
import { PLACING_LIMIT } from '../domain/sides/placing-limit';
import type { Milliseconds } from '../domain/time/duration';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';

/** A write that would raise a split of a migration that is held. */
export class MigrationHeld extends DomainError {
  readonly code = 'migration-held';
  readonly status = 409;
  constructor() {
    super(
      'The migration is held: nobody new goes to target. Let it go on with `handoff resume` first, then let this cohort go on.',
    );
  }
}

/** Who holds a migration, since when, and why: the last of those who do. */
export interface MigrationHold {
  /** An actor's id, or `gate:<id>`. */
  by: string;
  verified: boolean;
  /** What they may do; empty for a gate and for whoever was not verified. */
  roles: string[];
  reason: string | null;
  /** ISO, by the database's clock. */
  at: string;
}

/** A hold that the migration's workflow has not taken in. */
export interface UntoldHold {
  migration: string;
  number: number;
  hold: MigrationHold;
}

/** The clock of a hold, in the form of every other time that is given out. */
const NOW_ISO = `to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
/** How long a raise under way is waited for: longer than it may take. */
const HOLD_WAITS: Milliseconds = 2 * PLACING_LIMIT;

/**
 * Holds a migration in Postgres, before its workflow is told: from then on no split of it rises (`refuseWhileHeld`), whatever became of
 * Temporal and of the workers. Waits for a raise under way. Each call counts as another hold, also where it is held already: a go that
 * people gave without knowing of it does not end it.
 * @param given `onceKey` is the same for a repeated request, which holds nothing anew and leaves one audit row
 * @returns the number that the workflow is to be told with the command; undefined where the migration has ended, or where it was let go on
 * since the request first came
 */
export async function holdMigration(
  db: Database,
  given: { migration: string; actor: Actor; reason?: string; onceKey?: string },
): Promise<number | undefined> {
  const { migration, actor, reason, onceKey } = given;
  return db.transaction(async (connection) => {
    await connection.query(`SELECT set_config('lock_timeout', $1, true)`, [String(HOLD_WAITS)]);
    if (onceKey !== undefined && (await isRepeated(connection, migration, onceKey))) {
      return currentHold(connection, migration);
    }
    const held = { by: actor.id, verified: actor.verified, roles: actor.roles, reason: reason ?? null };
    const { rows } = await connection.query<{ number: number; planHash: string }>(
      `UPDATE migration SET holds = holds + 1, held = $2::jsonb || jsonb_build_object('at', ${NOW_ISO})
        WHERE id = $1 AND state = 'live' RETURNING holds AS number, plan_hash AS "planHash"`,
      [migration, JSON.stringify(held)],
    );
    const row = rows[0];
    if (row === undefined) return undefined;
    if (onceKey !== undefined) {
      await appendAudit(connection, {
        ...{ migration, actor: actor.id, verified: actor.verified, action: 'migration.hold', planHash: row.planHash },
        ...(reason !== undefined && { reason }),
        evidence: { number: row.number },
        onceKey: holdKey(onceKey),
      });
    }
    return row.number;
  });
}

function holdKey(onceKey: string): string {
  return `hold/${onceKey}`;
}

async function isRepeated(connection: Queryable, migration: string, onceKey: string): Promise<boolean> {
  const { rowCount } = await connection.query('SELECT FROM audit WHERE migration = $1 AND once_key = $2', [
    migration,
    holdKey(onceKey),
  ]);
  return rowCount === 1;
}

async function currentHold(connection: Queryable, migration: string): Promise<number | undefined> {
  const { rows } = await connection.query<{ number: number }>(
    `SELECT holds AS number FROM migration WHERE id = $1 AND held IS NOT NULL`,
    [migration],
  );
  return rows[0]?.number;
}

/**
 * Refuses a write that raises while the migration is held. Call it in the transaction that holds the split, just before it is written: the
 * migration's row is held until that ends, so that whoever holds the migration waits for it, and then finds the split as it was raised.
 */
export async function refuseWhileHeld(connection: Queryable, migration: string): Promise<MigrationHeld | undefined> {
  const { rows } = await connection.query<{ held: boolean }>(
    'SELECT held IS NOT NULL AS held FROM migration WHERE id = $1 FOR SHARE',
    [migration],
  );
  return rows[0]?.held === true ? new MigrationHeld() : undefined;
}

/** Holds of live migrations that their workflows have not heard of for `grace`, the oldest first. */
export async function untoldHolds(connection: Queryable, grace: Milliseconds): Promise<UntoldHold[]> {
  const { rows } = await connection.query<UntoldHold>(
    `SELECT id AS migration, holds AS number, held AS hold FROM migration
      WHERE state = 'live' AND held IS NOT NULL AND coalesce((progress ->> 'heard')::integer, 0) < holds
        AND (held ->> 'at')::timestamptz <= clock_timestamp() - $1::float8 * interval '1 millisecond'
      ORDER BY held ->> 'at', id`,
    [grace],
  );
  return rows;
}
