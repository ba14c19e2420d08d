import type { Queryable } from './database';

export interface AuditEntry {
  id: number;
  at: string;
  phase: string | null;
  cohort: string | null;
  /** An actor's id, or `system:<part>`. */
  actor: string;
  verified: boolean;
  action: string;
  reason: string | null;
  planHash: string | null;
  evidence: unknown;
}

/** A migration's audit rows after a row's id, the oldest first. */
export async function readAudit(
  connection: Queryable,
  page: { migration: string; after: number; limit: number },
): Promise<AuditEntry[]> {
  const { rows } = await connection.query<Omit<AuditEntry, 'at'> & { at: Date }>(
    `SELECT id::float8 AS id, at, phase, cohort, actor, verified, action, reason, plan_hash AS "planHash", evidence
       FROM audit WHERE migration = $1 AND id > $2 ORDER BY id LIMIT $3`,
    [page.migration, page.after, page.limit],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
