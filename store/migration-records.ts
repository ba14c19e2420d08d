import { isHeld, type MigrationRun } from '../domain/migration/migration-run';
import type { Queryable } from './database';
import type { MigrationHold } from './migration-holds';

export interface MigrationRecord {
  id: string;
  planHash: string;
  /** Immutable, shared by the phases. */
  salt: string;
  timeScale: number;
  state: 'live' | 'ended';
  startedAt: Date;
  startedBy: string;
  /** Where it stands as a whole; null until its workflow has begun. */
  progress: MigrationRun | null;
  /** null where it is not held. */
  held: MigrationHold | null;
  /** Number of the latest hold; its workflow has taken in those up to `progress.heard`. */
  holds: number;
}

const COLUMNS = `id, plan_hash AS "planHash", salt, time_scale AS "timeScale", state, started_at AS "startedAt", started_by AS "startedBy", progress,
  held, holds`;

/** Writes a migration down; false where one of that id is there already (nothing is changed then). */
export async function createMigration(
  connection: Queryable,
  migration: Pick<MigrationRecord, 'id' | 'planHash' | 'salt' | 'timeScale' | 'startedBy'>,
): Promise<boolean> {
  const { rowCount } = await connection.query(
    `INSERT INTO migration (id, plan_hash, salt, time_scale, state, started_by) VALUES ($1, $2, $3, $4, 'live', $5)
     ON CONFLICT (id) DO NOTHING`,
    [migration.id, migration.planHash, migration.salt, migration.timeScale, migration.startedBy],
  );
  return rowCount === 1;
}

export async function getMigration(connection: Queryable, id: string): Promise<MigrationRecord | undefined> {
  const { rows } = await connection.query<MigrationRecord>(`SELECT ${COLUMNS} FROM migration WHERE id = $1`, [id]);
  return rows[0];
}

/** Those of them that there are, in no order. */
export async function getMigrations(connection: Queryable, ids: readonly string[]): Promise<MigrationRecord[]> {
  const { rows } = await connection.query<MigrationRecord>(`SELECT ${COLUMNS} FROM migration WHERE id = ANY ($1)`, [
    ids,
  ]);
  return rows;
}

/** Every migration, the newest first. */
export async function listMigrations(connection: Queryable): Promise<MigrationRecord[]> {
  const { rows } = await connection.query<MigrationRecord>(
    `SELECT ${COLUMNS} FROM migration ORDER BY started_at DESC, id`,
  );
  return rows;
}

/** The migrations under way, the oldest first. */
export async function liveMigrations(connection: Queryable): Promise<MigrationRecord[]> {
  const { rows } = await connection.query<MigrationRecord>(
    `SELECT ${COLUMNS} FROM migration WHERE state = 'live' ORDER BY started_at, id`,
  );
  return rows;
}

/**
 * Writes down where a migration stands; an older revision never overwrites a newer one (a retried activity may come late). The hold goes
 * with it: one that is held is held here too, and one that people let go on is held no more, unless by somebody whom its workflow has
 * not heard yet.
 */
export async function saveMigrationProgress(connection: Queryable, id: string, progress: MigrationRun): Promise<void> {
  const { because, heard, revision } = progress;
  const { by, verified, message: reason } = because ?? { by: 'system:migration', verified: true, message: null };
  const held = isHeld(progress) ? { by, verified, roles: [], reason, at: progress.changedAt } : null;
  await connection.query(
    `UPDATE migration SET progress = $2,
            held = CASE WHEN $4::jsonb IS NOT NULL THEN coalesce(held, $4::jsonb) WHEN holds > $5 THEN held END
      WHERE id = $1 AND (progress IS NULL OR (progress ->> 'revision')::bigint < $3)`,
    [id, JSON.stringify(progress), revision, held === null ? null : JSON.stringify(held), heard],
  );
}

/** Ends a migration; nothing changes where it has ended already. */
export async function endMigration(connection: Queryable, id: string): Promise<void> {
  await connection.query(
    `UPDATE migration SET state = 'ended', ended_at = clock_timestamp() WHERE id = $1 AND state = 'live'`,
    [id],
  );
}
