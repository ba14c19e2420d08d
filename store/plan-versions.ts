import type { Queryable } from './database';

/** A version of its plan that a migration goes by, or went by. */
export interface PlanVersion {
  /** 1 is the one that it was started with. */
  number: number;
  planHash: string;
  proposedBy: string;
  approvedBy: string;
  adoptedAt: Date;
}

export interface PlanAdoption {
  migration: string;
  from: string;
  to: string;
  number: number;
  proposedBy: string;
  approvedBy: string;
}

/**
 * From here on the migration goes by that version, for everyone who reads it. Repeated, it changes nothing. Call it in a transaction.
 * @throws Error where the migration goes by neither of the two
 */
export async function adoptPlanVersion(connection: Queryable, adoption: PlanAdoption): Promise<void> {
  const { migration, from, to, number, proposedBy, approvedBy } = adoption;
  const { rows } = await connection.query<{ planHash: string; latest: number }>(
    `SELECT m.plan_hash AS "planHash",
            coalesce((SELECT max(v.number) FROM plan_version v WHERE v.migration = m.id), 1) AS latest
       FROM migration m WHERE m.id = $1 FOR UPDATE OF m`,
    [migration],
  );
  const [row] = rows;
  if (row?.planHash === to && row.latest >= number) return;
  if (row?.planHash !== from || row.latest !== number - 1)
    throw new Error('The migration goes by another plan than this follows.');
  await connection.query(
    `INSERT INTO plan_version (migration, number, plan_hash, proposed_by, approved_by, adopted_at)
     SELECT id, 1, plan_hash, started_by, started_by, started_at FROM migration WHERE id = $1
     ON CONFLICT (migration, number) DO NOTHING`,
    [migration],
  );
  await connection.query(
    `INSERT INTO plan_version (migration, number, plan_hash, proposed_by, approved_by) VALUES ($1, $2, $3, $4, $5)`,
    [migration, number, to, proposedBy, approvedBy],
  );
  await connection.query(`UPDATE migration SET plan_hash = $2 WHERE id = $1`, [migration, to]);
}

/** The versions that a migration went by, the first one first. One that never took a second has one. */
export async function readPlanVersions(connection: Queryable, migration: string): Promise<PlanVersion[]> {
  const { rows } = await connection.query<PlanVersion>(
    `SELECT number, plan_hash AS "planHash", proposed_by AS "proposedBy", approved_by AS "approvedBy", adopted_at AS "adoptedAt"
       FROM plan_version WHERE migration = $1
      UNION ALL
     SELECT 1, plan_hash, started_by, started_by, started_at FROM migration
      WHERE id = $1 AND NOT EXISTS (SELECT FROM plan_version WHERE migration = $1)
      ORDER BY number`,
    [migration],
  );
  return rows;
}

/** Handoffs that a version declared which the first did not, by id: since when they are. */
export async function handoffsDeclaredSince(connection: Queryable, migration: string): Promise<Map<string, Date>> {
  const { rows } = await connection.query<{ handoff: string; since: Date }>(
    `SELECT h ->> 'id' AS handoff, min(v.adopted_at) AS since
       FROM plan_version v JOIN plan p ON p.hash = v.plan_hash, jsonb_array_elements(p.document -> 'handoffs') h
      WHERE v.migration = $1 GROUP BY 1 HAVING min(v.number) > 1`,
    [migration],
  );
  return new Map(rows.map(({ handoff, since }) => [handoff, since]));
}
