import type { SplitKey } from '../activities/traffic/traffic-router';
import { PLACING_LIMIT } from '../domain/sides/placing-limit';
import { appendAudit } from './audit';
import type { Queryable } from './database';
import { holdLinks } from './hold-links';

/**
 * Lets everyone of a cohort go on who waits on target: the cohort does. Their cases stay open, marked as recovered, until somebody has looked at
 * them. Call it in the transaction that raises the split. Gives how many waited.
 */
export async function letCohortGoOn(connection: Queryable, key: SplitKey, planHash: string): Promise<number> {
  const { migration, phase, cohort } = key;
  // Before their placements, as whoever resolves one of them: and nothing is waited for once the version is raised, whose row is everyone's.
  await connection.query(
    `SELECT FROM exception WHERE migration = $1 AND phase = $2 AND cohort = $3 AND state = 'open' AND cause LIKE 'pause:%' ORDER BY id FOR NO KEY UPDATE`,
    [migration, phase, cohort],
  );
  const released = await release(connection, key, null);
  if (released === 0) return 0;
  await connection.query(
    `UPDATE exception SET recovered_at = clock_timestamp()
      WHERE migration = $1 AND phase = $2 AND cohort = $3 AND state = 'open' AND recovered_at IS NULL AND cause LIKE 'pause:%'`,
    [migration, phase, cohort],
  );
  await appendAudit(connection, {
    ...{ migration, phase, cohort, planHash },
    actor: 'system:traffic',
    verified: true,
    action: 'placement.wentOn',
    reason: 'The cohort goes on, and with it those who waited.',
    evidence: { released },
  });
  return released;
}

/**
 * Lets the unit go on that an exception of a pause stands for, if no other such exception of it is open. Call it in the transaction that resolves
 * the exception. Gives whether it waited.
 */
export async function letUnitGoOn(connection: Queryable, exception: string): Promise<boolean> {
  const { rows } = await connection.query<{ migration: string; phase: string; named: string }>(
    `SELECT e.migration, e.phase, split_part(e.cause, ':', 3) AS named FROM exception e WHERE e.id = $1 AND e.cause LIKE 'pause:%'`,
    [exception],
  );
  const [of] = rows;
  if (of === undefined) return false;
  const { migration, phase } = of;
  // The case names the key that the unit had then; it may stand for another since.
  await holdLinks(connection, [migration]);
  // Two who resolve the last two cases at one moment would each find the other's open: the second waits here, and looks when the first is done.
  const { rows: held } = await connection.query<{ unit: string; cohort: string | null }>(
    'SELECT unit, cohort FROM placement WHERE migration = $1 AND phase = $2 AND unit = placed_as($1, $2, $3) FOR NO KEY UPDATE',
    [migration, phase, of.named],
  );
  const [placed] = held;
  if (placed === undefined || placed.cohort === null) return false;
  const { rowCount: others } = await connection.query(
    `SELECT FROM exception o JOIN exception e ON e.id = $1
      WHERE o.migration = e.migration AND o.queue = e.queue AND o.state = 'open' AND o.id <> e.id AND o.phase = e.phase
        AND o.cause LIKE 'pause:%' AND placed_as(o.migration, o.phase, split_part(o.cause, ':', 3)) = $2 LIMIT 1`,
    [exception, placed.unit],
  );
  return others === 0 && (await release(connection, { migration, phase, cohort: placed.cohort }, placed.unit)) > 0;
}

/** From here on the transaction holds the version of all sides, and is not waited for longer than one that changes a split. */
async function release(
  connection: Queryable,
  { migration, phase, cohort }: SplitKey,
  unit: string | null,
): Promise<number> {
  const { rows } = await connection.query<{ released: number }>(
    `SELECT set_config('idle_in_transaction_session_timeout', $5, true), release_paused($1, $2, $3, $4) AS released`,
    [migration, phase, cohort, unit, String(PLACING_LIMIT)],
  );
  return rows[0]?.released ?? 0;
}
