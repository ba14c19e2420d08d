import type { Queryable } from './database';

export interface GateEvidence {
  migration: string;
  phase: string;
  cohort: string;
  gate: string;
  epoch: number;
  verdict: string;
  /** Plain JSON: message, and the reading that the verdict was reached on. */
  evidence: unknown;
}

/**
 * Writes a verdict with its evidence, and gives for how long this verdict has stood without a break, in milliseconds of the
 * database's clock.
 */
export async function saveGateEvidence(connection: Queryable, row: GateEvidence): Promise<number> {
  const { rows } = await connection.query<{ standsFor: number }>(
    `INSERT INTO gate_evidence AS kept (migration, phase, cohort, gate, epoch, verdict, evidence, since, evaluated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp(), clock_timestamp())
     ON CONFLICT (migration, phase, cohort, gate, epoch) DO UPDATE
       SET since = CASE WHEN kept.verdict = EXCLUDED.verdict THEN kept.since ELSE EXCLUDED.since END,
           verdict = EXCLUDED.verdict, evidence = EXCLUDED.evidence, evaluated_at = EXCLUDED.evaluated_at
     RETURNING (extract(epoch FROM evaluated_at - since) * 1000)::float8 AS "standsFor"`,
    [row.migration, row.phase, row.cohort, row.gate, row.epoch, row.verdict, JSON.stringify(row.evidence)],
  );
  return rows[0]?.standsFor ?? 0;
}
