import type { OverrideSituation } from '../domain/gates/check-gate-override';
import { evidenceHash } from '../domain/gates/evidence-hash';
import { UnknownGate } from '../domain/gates/gate-override-failures';
import type { Verdict } from '../domain/gates/verdict';
import type { Queryable } from './database';
import type { GateKey } from './gate-states';
import { getPlan } from './plans';

/** A gate as it stands, with what is kept of it. */
export interface FoundGate extends OverrideSituation {
  message: string;
  attemptEpoch: number;
  planHash: string;
}

/** By the version of the plan that the cohort goes by, which may be older than the migration's. @throws UnknownGate */
export async function readSituation(
  connection: Queryable,
  { migration, phase, cohort, gate }: GateKey,
): Promise<FoundGate> {
  const { rows } = await connection.query<{
    startedBy: string;
    isOver: boolean;
    planHash: string;
    epoch: number;
    attemptEpoch: number;
    verdict: Verdict | null;
    message: string;
  }>(
    `SELECT m.started_by AS "startedBy", m.state = 'ended' OR coalesce(s.mode = 'committed', false) AS "isOver",
            coalesce(r.run ->> 'planHash', m.plan_hash) AS "planHash",
            coalesce(s.epoch, 0)::float8 AS epoch, coalesce(s.attempt_epoch, 0)::float8 AS "attemptEpoch",
            e.verdict, coalesce(e.evidence ->> 'message', '') AS message
       FROM migration m
       LEFT JOIN cohort_run r ON r.migration = m.id AND r.phase = $2 AND r.cohort = $3
       LEFT JOIN split s ON s.migration = m.id AND s.phase = $2 AND s.cohort = $3
       LEFT JOIN gate_evidence e ON e.migration = m.id AND e.phase = $2 AND e.cohort = $3 AND e.gate = $4 AND e.epoch = s.epoch
      WHERE m.id = $1`,
    [migration, phase, cohort, gate],
  );
  const [row] = rows;
  const plan = row && (await getPlan(connection, row.planHash));
  const declared = plan?.phases.find(({ id }) => id === phase);
  if (row === undefined || declared === undefined) throw new Error('A cohort goes by a plan that has no such phase.');
  const found = declared.gates.find(({ id }) => id === gate);
  if (found === undefined) throw new UnknownGate(declared.gates);
  const { verdict, ...of } = row;
  const evidence = verdict && evidenceHash({ phase, cohort, gate, epoch: of.epoch, verdict, message: of.message });
  return {
    ...of,
    ...{ severity: found.severity, goOn: declared.approvals.goOn },
    now: verdict === null || evidence === null ? undefined : { verdict, evidence },
  };
}
