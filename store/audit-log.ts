import type { AuditEntry, AuditPage } from '../domain/status/audit-page';
import type { Queryable } from './database';

/** A migration's audit rows after a row's id. */
export async function readAudit(
  connection: Queryable,
  page: { migration: string; after: number; limit: number },
): Promise<AuditPage> {
  const { rows } = await connection.query<Omit<AuditEntry, 'at'> & { at: Date }>(
    `SELECT id::float8 AS id, at, phase, cohort, actor, verified, action, reason, plan_hash AS "planHash", evidence
       FROM audit WHERE migration = $1 AND id > $2 ORDER BY id LIMIT $3`,
    [page.migration, page.after, page.limit + 1],
  );
  const entries = rows.slice(0, page.limit).map((row) => ({ ...row, at: row.at.toISOString() }));
  return { entries, next: rows.length > page.limit ? (entries.at(-1)?.id ?? null) : null };
}
