import { checkAsking, checkConfirming, type Seen } from '../domain/gates/check-gate-override';
import { OverrideRefused, UnknownGateOverride, type OverrideRefusal } from '../domain/gates/gate-override-failures';
import type { Verdict } from '../domain/gates/verdict';
import type { Role } from '../domain/plan/journey';
import type { GateOverride } from '../domain/status/gate-override';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { answerOnce, type OverrideAct } from './gate-override-requests';
import { readOverride } from './gate-overrides';
import { readSituation, type FoundGate } from './gate-situation';
import type { GateKey } from './gate-states';

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
  return answerOnce(db, act, ['ask', of, seen, reason], async (connection) => {
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
  return answerOnce(db, act, ['confirm', override, seen], async (connection) => {
    const asked = await holdOverride(connection, act, override);
    const found = await readSituation(connection, asked);
    const refused = asked.planHash === found.planHash ? checkConfirming(actor, seen, asked, found) : OTHER_PLAN;
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
  return answerOnce(db, act, ['withdraw', override, reason], async (connection) => {
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
const OTHER_PLAN: OverrideRefusal = {
  code: 'override-over',
  message:
    "The cohort goes by another version of the plan since it was asked for. Look at the gate with 'handoff gate show'; who still wants it withdraws this one and asks anew.",
};
const WITHDRAWN: OverrideRefusal = {
  code: 'override-over',
  message: 'This override was withdrawn already; nothing was changed.',
};

interface HeldOverride extends GateKey {
  epoch: number;
  planHash: string;
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
    `SELECT migration, phase, cohort, gate, epoch::float8 AS epoch, plan_hash AS "planHash", verdict, reason, asked_by AS "askedBy", asked_as AS "askedAs",
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
  const override = await readOverride(connection, migration, id);
  const { phase, cohort, gate, epoch, planHash, verdict, message, evidence } = override;
  await appendAudit(connection, {
    ...{ migration, phase, cohort, planHash, actor: actor.id, verified: actor.verified, action },
    ...(reason !== undefined && { reason }),
    evidence: { override: id, gate, epoch, verdict, message, evidence },
    onceKey: `${action}:${id}`,
  });
  return override;
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
