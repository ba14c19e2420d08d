import type { Queryable } from './database';

export interface AuditRow {
  migration: string;
  phase?: string;
  cohort?: string;
  /** An actor's id, or `system:<part>`. */
  actor: string;
  verified: boolean;
  /** What happened, a stable code such as `split.raised`. */
  action: string;
  reason?: string;
  planHash?: string;
  evidence?: unknown;
  /** With it, a repeated write (a retried activity) leaves one row. */
  onceKey?: string;
}

/** Adds one row. Call it in the transaction that makes the change it tells of (I13). */
export async function appendAudit(connection: Queryable, row: AuditRow): Promise<void> {
  await connection.query(
    `INSERT INTO audit (migration, phase, cohort, actor, verified, action, reason, plan_hash, evidence, once_key)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (migration, once_key) DO NOTHING`,
    [
      row.migration,
      row.phase ?? null,
      row.cohort ?? null,
      row.actor,
      row.verified,
      row.action,
      row.reason ?? null,
      row.planHash ?? null,
      row.evidence === undefined ? null : JSON.stringify(row.evidence),
      row.onceKey ?? null,
    ],
  );
}
