import type { ConfirmedOverride } from '../domain/gates/gate-override';
import { UnknownGateOverride } from '../domain/gates/gate-override-failures';
import type { GateOverride } from '../domain/status/gate-override';
import type { Queryable } from './database';

/** The epoch of a cohort's split. */
export interface CohortEpoch {
  migration: string;
  phase: string;
  cohort: string;
  epoch: number;
}

/** The version that a cohort goes by, which may be older than its migration's. */
const GOES_BY = `JOIN migration m ON m.id = o.migration
       LEFT JOIN cohort_run r ON (r.migration, r.phase, r.cohort) = (o.migration, o.phase, o.cohort)`;
const PLAN_OF_COHORT = `coalesce(r.run ->> 'planHash', m.plan_hash)`;

/**
 * The overrides that are in force at these epochs: confirmed by a second person, not withdrawn, and of the version of the plan that the cohort goes by. A version that
 * is taken over at the same epoch may have another rule under the same name, which nobody has overridden.
 */
export async function readOverrides(
  connection: Queryable,
  keys: readonly CohortEpoch[],
): Promise<(CohortEpoch & ConfirmedOverride)[]> {
  const { rows } = await connection.query<CohortEpoch & ConfirmedOverride>(
    `SELECT o.migration, o.phase, o.cohort, o.epoch::float8 AS epoch, o.gate, o.verdict, o.reason, o.asked_by AS "askedBy", o.confirmed_by AS "confirmedBy",
            'clinical-lead' = ANY (o.asked_as || o.confirmed_as) AS "clinicalLead"
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS k (migration, phase, cohort, epoch)
       JOIN gate_override o ON (o.migration, o.phase, o.cohort, o.epoch) = (k.migration, k.phase, k.cohort, k.epoch)
       ${GOES_BY}
      WHERE o.withdrawn_at IS NULL AND o.confirmed_at IS NOT NULL AND o.plan_hash = ${PLAN_OF_COHORT}
      ORDER BY o.id`,
    [
      keys.map(({ migration }) => migration),
      keys.map(({ phase }) => phase),
      keys.map(({ cohort }) => cohort),
      keys.map(({ epoch }) => epoch),
    ],
  );
  return rows;
}

/** Overrides of a migration, the latest first. @param standing only those that are asked for or in force, unless false */
export async function listOverrides(
  connection: Queryable,
  of: { migration: string; phase?: string; standing?: boolean; limit?: number },
): Promise<GateOverride[]> {
  const { rows } = await connection.query<OverrideRow>(
    `${SELECT} WHERE o.migration = $1 AND o.phase = coalesce($2, o.phase)
        AND (NOT $3 OR (o.withdrawn_at IS NULL AND o.epoch = s.epoch AND o.plan_hash = ${PLAN_OF_COHORT})) ORDER BY o.id DESC LIMIT $4`,
    [of.migration, of.phase ?? null, of.standing ?? true, of.limit ?? 100],
  );
  return rows.map(toOverride);
}

/** One of them. @throws UnknownGateOverride */
export async function readOverride(connection: Queryable, migration: string, id: string): Promise<GateOverride> {
  const { rows } = await connection.query<OverrideRow>(`${SELECT} WHERE o.migration = $1 AND o.id = $2`, [
    migration,
    id,
  ]);
  const [row] = rows;
  if (row === undefined) throw new UnknownGateOverride();
  return toOverride(row);
}

const SELECT = `
  SELECT o.id, o.phase, o.cohort, o.gate, o.epoch::float8 AS epoch, o.plan_hash AS "planHash", o.verdict, o.message, o.evidence_hash AS evidence, o.reason,
         o.asked_by AS "askedBy", o.asked_at AS "askedAt", o.confirmed_by AS "confirmedBy", o.confirmed_at AS "confirmedAt",
         o.withdrawn_by AS "withdrawnBy", o.withdrawn_at AS "withdrawnAt",
         CASE WHEN o.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN s.epoch IS DISTINCT FROM o.epoch OR o.plan_hash <> ${PLAN_OF_COHORT} THEN 'ended'
              WHEN o.confirmed_at IS NOT NULL THEN 'confirmed' ELSE 'asked' END AS state
    FROM gate_override o ${GOES_BY} LEFT JOIN split s ON (s.migration, s.phase, s.cohort) = (o.migration, o.phase, o.cohort)`;

type OverrideRow = Omit<GateOverride, 'askedAt' | 'confirmedAt' | 'withdrawnAt'> & {
  askedAt: Date;
  confirmedAt: Date | null;
  withdrawnAt: Date | null;
};

function toOverride({ askedAt, confirmedAt, withdrawnAt, ...row }: OverrideRow): GateOverride {
  return {
    ...row,
    askedAt: askedAt.toISOString(),
    confirmedAt: confirmedAt?.toISOString() ?? null,
    withdrawnAt: withdrawnAt?.toISOString() ?? null,
  };
}
