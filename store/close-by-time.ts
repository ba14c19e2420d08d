import { compress } from '../domain/time/time-scale';
import { appendAudit } from './audit';
import type { Database } from './database';
import type { MigrationPlan, MigrationPlans } from './migration-plans';

const SWEEPER = 'system:sweeper';

export interface ClosedByTime {
  /** Units that this call closed. */
  closed: number;
  /** Whether some phase has more that are due: call it again. */
  more: boolean;
}

/**
 * Closes units whose closing event has not come for as long as their phase's `closeAfter`, of live migrations, up to `limit` a phase; in phases
 * without it nobody is ever closed by time. Whoever waits for a person is left to that person. Each phase is a transaction, with one audit row of how
 * many. Any number of sweepers may do it: each passes by what another has claimed, or what somebody moves just now.
 */
export async function closeUnitsByTime(db: Database, plans: MigrationPlans, limit: number): Promise<ClosedByTime> {
  const total: ClosedByTime = { closed: 0, more: false };
  for (const migration of await plans.allLive(db)) {
    for (const { id, closeAfter } of migration.plan.phases) {
      if (closeAfter === undefined) continue;
      const closed = await closeDue(db, migration, { id, closeAfter }, limit);
      total.closed += closed;
      total.more ||= closed === limit;
    }
  }
  return total;
}

async function closeDue(
  db: Database,
  { id: migration, planHash, timeScale }: MigrationPlan,
  phase: { id: string; closeAfter: number },
  limit: number,
): Promise<number> {
  return db.transaction(async (connection) => {
    // statement_timestamp() and not clock_timestamp(): the index serves only what stays the same through a statement.
    const { rowCount } = await connection.query(
      `WITH due AS MATERIALIZED (
         SELECT p.unit FROM placement p
          WHERE p.migration = $1 AND p.phase = $2 AND p.closed_at IS NULL AND p.paused_at IS NULL
            AND p.placed_at <= statement_timestamp() - $3::float8 * interval '1 millisecond'
          ORDER BY p.placed_at LIMIT $4 FOR NO KEY UPDATE OF p SKIP LOCKED
       )
       UPDATE placement p SET closed_at = clock_timestamp()
         FROM due d WHERE p.migration = $1 AND p.phase = $2 AND p.unit = d.unit`,
      [migration, phase.id, compress(phase.closeAfter, timeScale), limit],
    );
    const closed = rowCount ?? 0;
    if (closed === 0) return 0;
    await appendAudit(connection, {
      ...{ migration, phase: phase.id, planHash },
      ...{ actor: SWEEPER, verified: true, action: 'placement.closedByTime' },
      reason: 'No event closed them in the time that the plan gives.',
      evidence: { closed, closeAfter: phase.closeAfter },
    });
    return closed;
  });
}
