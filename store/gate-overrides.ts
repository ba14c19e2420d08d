import { createHash } from 'node:crypto';
import { DomainError } from '../domain/domain-error';
import { checkAsking, checkConfirming, type OverrideSituation, type Seen } from '../domain/gates/check-gate-override';
import { evidenceHash } from '../domain/gates/evidence-hash';
import type { ConfirmedOverride } from '../domain/gates/gate-override';
import {
  OverrideRefused,
  UnknownGate,
  UnknownGateOverride,
  type OverrideRefusal,
} from '../domain/gates/gate-override-failures';
import type { Verdict } from '../domain/gates/verdict';
import type { Actor } from '../domain/phase/actor';
import type { Role } from '../domain/plan/journey';
import type { GateOverride } from '../domain/status/gate-override';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { IdempotencyKeyReused } from './exception-act';
import { getPlan } from './plans';

/** One gate of one cohort. */
export interface GateKey {
  migration: string;
  phase: string;
  cohort: string;
  gate: string;
}

/** Who wants something done with an override, once a key. */
export interface OverrideAct {
  migration: string;
  actor: Actor;
  /** The same request of the same actor with the same key is carried out once, and answered alike each time. */
  idempotencyKey?: string | undefined;
}

/** The epoch of a cohort's split. */
export interface CohortEpoch {
  migration: string;
  phase: string;
  cohort: string;
  epoch: number;
}

/** The overrides that are in force at these epochs: confirmed by a second person, and not withdrawn. */
export async function readOverrides(
  connection: Queryable,
  keys: readonly CohortEpoch[],
): Promise<(CohortEpoch & ConfirmedOverride)[]> {
  const { rows } = await connection.query<CohortEpoch & ConfirmedOverride>(
    `SELECT o.migration, o.phase, o.cohort, o.epoch::float8 AS epoch, o.gate, o.verdict, o.reason, o.asked_by AS "askedBy", o.confirmed_by AS "confirmedBy",
            'clinical-lead' = ANY (o.asked_as || o.confirmed_as) AS "clinicalLead"
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS k (migration, phase, cohort, epoch)
       JOIN gate_override o ON (o.migration, o.phase, o.cohort, o.epoch) = (k.migration, k.phase, k.cohort, k.epoch)
      WHERE o.withdrawn_at IS NULL AND o.confirmed_at IS NOT NULL
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
        AND (NOT $3 OR (o.withdrawn_at IS NULL AND o.epoch = s.epoch)) ORDER BY o.id DESC LIMIT $4`,
    [of.migration, of.phase ?? null, of.standing ?? true, of.limit ?? 100],
  );
  return rows.map(toOverride);
}

/**
 * Asks that a gate be overridden; nothing is before somebody else confirms it.
 * @param seen what the verdict was when they looked
 * @throws OverrideRefused, UnknownGate, IdempotencyKeyReused
 */
export function askOverride(
  db: Database,
  act: OverrideAct,
  { seen, reason, ...of }: Omit<GateKey, 'migration'> & { seen: Seen; reason: string },
): Promise<GateOverride> {
  const { migration, actor } = act;
  const key = { migration, ...of };
  return once(db, act, ['ask', of, seen, reason], async (connection) => {
    const found = await readSituation(connection, key);
    const refused = checkAsking(actor, seen, found);
    if (refused !== undefined) return refuse(connection, act, key, found, refused);
    const { now, message, epoch, attemptEpoch, planHash } = found;
    const { rows } = await connection.query<{ id: string }>(
      `INSERT INTO gate_override (migration, phase, cohort, gate, epoch, attempt_epoch, plan_hash, verdict, message, evidence_hash, reason, asked_by, asked_as)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       ON CONFLICT (migration, phase, cohort, epoch, gate) WHERE withdrawn_at IS NULL DO NOTHING RETURNING id`,
      [
        ...[migration, of.phase, of.cohort, of.gate, epoch, attemptEpoch, planHash, now?.verdict, message],
        ...[now?.evidence, reason, actor.id, actor.roles],
      ],
    );
    const [written] = rows;
    if (written === undefined) return refuse(connection, act, key, found, ASKED_ALREADY);
    return tell(connection, act, written.id, 'gate.overrideAsked', reason);
  });
}

/**
 * Agrees to what somebody else asked for: from here on the gate is overridden, until the split changes.
 * @throws OverrideRefused, UnknownGateOverride, UnknownGate, IdempotencyKeyReused
 */
export function confirmOverride(
  db: Database,
  act: OverrideAct,
  { override, seen }: { override: string; seen: Seen },
): Promise<GateOverride> {
  const { actor } = act;
  return once(db, act, ['confirm', override, seen], async (connection) => {
    const asked = await holdOverride(connection, act, override);
    const found = await readSituation(connection, asked);
    const refused = checkConfirming(actor, seen, asked, found);
    if (refused !== undefined) return refuse(connection, act, asked, found, refused, override);
    await connection.query(
      `UPDATE gate_override SET confirmed_by = $2, confirmed_as = $3, confirmed_at = clock_timestamp() WHERE id = $1`,
      [override, actor.id, actor.roles],
    );
    return tell(connection, act, override, 'gate.overrideConfirmed', asked.reason);
  });
}

/**
 * Takes back what was asked for or is in force: the gate holds its step, and rolls back, as it did.
 * @throws OverrideRefused, UnknownGateOverride, IdempotencyKeyReused
 */
export function withdrawOverride(
  db: Database,
  act: OverrideAct,
  { override, reason }: { override: string; reason?: string | undefined },
): Promise<GateOverride> {
  return once(db, act, ['withdraw', override, reason], async (connection) => {
    const asked = await holdOverride(connection, act, override);
    if (asked.withdrawnBy !== null) return new OverrideRefused(WITHDRAWN);
    await connection.query(
      `UPDATE gate_override SET withdrawn_by = $2, withdrawn_at = clock_timestamp() WHERE id = $1`,
      [override, act.actor.id],
    );
    return tell(connection, act, override, 'gate.overrideWithdrawn', reason);
  });
}

const ASKED_ALREADY: OverrideRefusal = {
  code: 'override-asked',
  message:
    "An override of this gate is asked for or in force already. See 'handoff gate overrides'; confirm it, or withdraw it and ask anew.",
};
const WITHDRAWN: OverrideRefusal = {
  code: 'override-over',
  message: 'This override was withdrawn already; nothing was changed.',
};

const SELECT = `
  SELECT o.id, o.phase, o.cohort, o.gate, o.epoch::float8 AS epoch, o.plan_hash AS "planHash", o.verdict, o.message, o.evidence_hash AS evidence, o.reason,
         o.asked_by AS "askedBy", o.asked_at AS "askedAt", o.confirmed_by AS "confirmedBy", o.confirmed_at AS "confirmedAt",
         o.withdrawn_by AS "withdrawnBy", o.withdrawn_at AS "withdrawnAt",
         CASE WHEN o.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN s.epoch IS DISTINCT FROM o.epoch THEN 'ended'
              WHEN o.confirmed_at IS NOT NULL THEN 'confirmed' ELSE 'asked' END AS state
    FROM gate_override o LEFT JOIN split s ON (s.migration, s.phase, s.cohort) = (o.migration, o.phase, o.cohort)`;

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

/** A gate as it stands, with what is kept of it. */
interface FoundGate extends OverrideSituation {
  message: string;
  attemptEpoch: number;
  planHash: string;
}

/** By the version of the plan that the cohort goes by, which may be older than the migration's. @throws UnknownGate */
async function readSituation(connection: Queryable, { migration, phase, cohort, gate }: GateKey): Promise<FoundGate> {
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

interface HeldOverride extends GateKey {
  epoch: number;
  verdict: Verdict;
  reason: string;
  askedBy: string;
  askedAs: readonly Role[];
  confirmedBy: string | null;
  withdrawnBy: string | null;
}

/** The override, held until the transaction ends. @throws UnknownGateOverride */
async function holdOverride(connection: Queryable, { migration }: OverrideAct, id: string): Promise<HeldOverride> {
  const { rows } = await connection.query<HeldOverride & Record<string, unknown>>(
    `SELECT migration, phase, cohort, gate, epoch::float8 AS epoch, verdict, reason, asked_by AS "askedBy", asked_as AS "askedAs",
            confirmed_by AS "confirmedBy", withdrawn_by AS "withdrawnBy"
       FROM gate_override WHERE migration = $1 AND id = $2 FOR UPDATE`,
    [migration, id],
  );
  const [row] = rows;
  if (row === undefined) throw new UnknownGateOverride();
  return row;
}

/** I13. Gives the override as it is now. */
async function tell(
  connection: Queryable,
  { migration, actor }: OverrideAct,
  id: string,
  action: string,
  reason: string | undefined,
): Promise<GateOverride> {
  const { rows } = await connection.query<OverrideRow>(`${SELECT} WHERE o.migration = $1 AND o.id = $2`, [
    migration,
    id,
  ]);
  const [row] = rows;
  if (row === undefined) throw new UnknownGateOverride();
  const { phase, cohort, gate, epoch, planHash, verdict, message, evidence } = row;
  await appendAudit(connection, {
    ...{ migration, phase, cohort, planHash, actor: actor.id, verified: actor.verified, action },
    ...(reason !== undefined && { reason }),
    evidence: { override: id, gate, epoch, verdict, message, evidence },
    onceKey: `${action}:${id}`,
  });
  return toOverride(row);
}

/** I13: who tried what they may not, or too late, is in the log as well. */
async function refuse(
  connection: Queryable,
  { migration, actor }: OverrideAct,
  { phase, cohort, gate }: GateKey,
  { planHash, epoch, now }: FoundGate,
  refusal: OverrideRefusal,
  override?: string,
): Promise<OverrideRefused> {
  await appendAudit(connection, {
    ...{ migration, phase, cohort, planHash, actor: actor.id, verified: actor.verified },
    action: 'gate.overrideRefused',
    evidence: { gate, epoch, code: refusal.code, verdict: now?.verdict, override },
  });
  return new OverrideRefused(refusal);
}

/**
 * Does it in one transaction, and once a key. A refusal comes out as a value, so that its audit row is kept.
 * @throws OverrideRefused, IdempotencyKeyReused where the key stood for something else
 */
async function once(
  db: Database,
  { migration, actor, idempotencyKey }: OverrideAct,
  request: unknown,
  work: (connection: Queryable) => Promise<GateOverride | OverrideRefused>,
): Promise<GateOverride> {
  const key = idempotencyKey === undefined ? null : hash(idempotencyKey);
  const asked = hash(JSON.stringify(request));
  const outcome = await db.transaction(async (connection) => {
    if (key === null) return work(connection);
    // Two requests with one key at once: the second waits, and finds the first one's answer.
    await connection.query(
      `SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'gate-override', $1::text, $2::text, $3::text), 0))`,
      [migration, actor.id, key],
    );
    const { rows } = await connection.query<{ answer: GateOverride; request: string }>(
      'SELECT answer, request FROM gate_override_request WHERE migration = $1 AND actor = $2 AND key = $3',
      [migration, actor.id, key],
    );
    const [before] = rows;
    if (before !== undefined) return before.request === asked ? before.answer : new IdempotencyKeyReused();
    const answer = await work(connection);
    if (answer instanceof DomainError) return answer;
    await connection.query(
      'INSERT INTO gate_override_request (migration, actor, key, request, answer) VALUES ($1, $2, $3, $4, $5)',
      [migration, actor.id, key, asked, JSON.stringify(answer)],
    );
    return answer;
  });
  if (outcome instanceof DomainError) throw outcome;
  return outcome;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
