import type { MigrationRollbackAction, RollbackAction } from '../domain/rollback/rollback-action';
import type { Database, Queryable } from './database';

export interface RollbackKey {
  migration: string;
  phase: string;
  cohort: string;
  rollback: string;
}

/** What a rollback of the migration does besides its phase's part stands under no phase and no cohort. */
export function migrationRollbackKey(migration: string, rollback: string): RollbackKey {
  return { migration, phase: '', cohort: '', rollback };
}

/** `MigrationRollbackAction` under `migrationRollbackKey`, `RollbackAction` under every other. */
type AnyAction = RollbackAction | MigrationRollbackAction;

export interface StoredRollbackAction<Action extends AnyAction> {
  ordinal: number;
  action: Action;
  done: boolean;
  /** How many people it has moved so far, where it moves any. */
  moved: number | null;
}

/** Writes the list down once, whole; whoever comes second, even with another list, is given the first one's. */
export async function saveRollbackActions<Action extends AnyAction = RollbackAction>(
  db: Database,
  key: RollbackKey,
  actions: readonly Action[],
): Promise<Action[]> {
  const { migration, phase, cohort, rollback } = key;
  return db.transaction(async (connection) => {
    // Two planners at once may have found different facts: one goes first, and the statement after this sees its rows.
    await connection.query(
      `SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'rollback', $1::text, $2::text, $3::text, $4::text), 0))`,
      [migration, phase, cohort, rollback],
    );
    await connection.query(
      `INSERT INTO rollback_action (migration, phase, cohort, rollback, ordinal, action)
       SELECT $1, $2, $3, $4, listed.ordinal - 1, listed.action
       FROM jsonb_array_elements($5::jsonb) WITH ORDINALITY AS listed (action, ordinal)
       WHERE NOT EXISTS (SELECT FROM rollback_action WHERE migration = $1 AND phase = $2 AND cohort = $3 AND rollback = $4)`,
      [migration, phase, cohort, rollback, JSON.stringify(actions)],
    );
    return (await rollbackActionsOf<Action>(connection, key)).map(({ action }) => action);
  });
}

/** What a rollback does, in order, and what of it is done. */
export async function rollbackActionsOf<Action extends AnyAction = RollbackAction>(
  connection: Queryable,
  key: RollbackKey,
): Promise<StoredRollbackAction<Action>[]> {
  const { rows } = await connection.query<StoredRollbackAction<Action>>(
    `SELECT ordinal, action, done_at IS NOT NULL AS done, (outcome ->> 'moved')::int AS moved FROM rollback_action
     WHERE migration = $1 AND phase = $2 AND cohort = $3 AND rollback = $4 ORDER BY ordinal`,
    [key.migration, key.phase, key.cohort, key.rollback],
  );
  return rows;
}

/**
 * Adds to how many an action has moved so far. Call it in the transaction that moves them, so that a crash in between neither forgets them nor
 * counts them twice.
 */
export async function countMoved(
  connection: Queryable,
  key: RollbackKey,
  ordinal: number,
  moved: number,
): Promise<void> {
  await connection.query(
    `UPDATE rollback_action SET outcome = jsonb_build_object('moved', coalesce((outcome ->> 'moved')::int, 0) + $6::int)
     WHERE migration = $1 AND phase = $2 AND cohort = $3 AND rollback = $4 AND ordinal = $5 AND done_at IS NULL`,
    [key.migration, key.phase, key.cohort, key.rollback, ordinal, moved],
  );
}

/** Notes that an action was done and what came of it; the first time counts, and what was counted on the way stands. */
export async function markRollbackActionDone(
  connection: Queryable,
  key: RollbackKey,
  ordinal: number,
  outcome: unknown,
): Promise<void> {
  await connection.query(
    `UPDATE rollback_action SET done_at = clock_timestamp(), outcome = $6::jsonb || coalesce(outcome, '{}')
     WHERE migration = $1 AND phase = $2 AND cohort = $3 AND rollback = $4 AND ordinal = $5 AND done_at IS NULL`,
    [key.migration, key.phase, key.cohort, key.rollback, ordinal, JSON.stringify(outcome)],
  );
}
