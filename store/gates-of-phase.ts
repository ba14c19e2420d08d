import { evidenceHash } from '../domain/gates/evidence-hash';
import { evidenceOf, explainVerdict } from '../domain/gates/explain-verdict';
import { isOverridden, type ConfirmedOverride } from '../domain/gates/gate-override';
import { crossingsOf, type GateEntry } from '../domain/gates/past-crossings';
import { signaturesOf, signersOf, type GoNoGoEntry, type Signature } from '../domain/gates/signatures';
import { readStoredEvidence } from '../domain/gates/stored-evidence';
import type { Verdict } from '../domain/gates/verdict';
import type { Plan, PlanGate, PlanHandoff } from '../domain/plan/plan-schema';
import { actionWords } from '../domain/plan/words/action-words';
import { gateWords } from '../domain/plan/words/gate-words';
import type { FoundVerdict, GateOfCohort, GatesOfPhase, PastCrossing } from '../domain/status/gates-of-phase';
import type { GateOverride } from '../domain/status/gate-override';
import type { Database, Queryable } from './database';
import { listOverrides, readOverrides } from './gate-overrides';
import { readPlanVersions, type PlanVersion } from './plan-versions';
import { getPlan } from './plans';
import { rollbackActionsOf } from './rollback-actions';

/** Of crossings of one gate in one cohort, so many of the latest are shown, and of overrides of a phase. */
const LATEST = 20;
const OVERRIDES = 500;

/** What of a phase is asked for; all its cohorts, and all their gates, unless one is named. */
export interface AskedGates {
  migration: string;
  phase: string;
  cohort?: string | undefined;
  gate?: string | undefined;
}

/** Why each gate of a phase says what it says, who agreed to it and what it did: from Postgres alone, as of one moment. */
export async function readGatesOfPhase(db: Database, asked: AskedGates): Promise<GatesOfPhase> {
  const { migration, phase } = asked;
  return db.transaction(async (connection) => {
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const facts = await readFacts(connection, { migration, phase });
    const gates: GateOfCohort[] = [];
    for (const cohort of facts.cohorts) {
      if (asked.cohort !== undefined && asked.cohort !== cohort.cohort) continue;
      const plan = await planOf(connection, facts, cohort.planHash);
      for (const gate of plan.phases.find(({ id }) => id === phase)?.gates ?? []) {
        if (asked.gate !== undefined && asked.gate !== gate.id) continue;
        gates.push(await gateOf(connection, { migration, phase }, facts, { plan, gate, cohort }));
      }
    }
    const order = [...new Set(gates.map(({ gate }) => gate))];
    gates.sort((one, other) => order.indexOf(one.gate) - order.indexOf(other.gate));
    return { migration, phase, gates };
  });
}

/** A phase of a migration. */
type AskedPhase = Pick<AskedGates, 'migration' | 'phase'>;

interface CohortFacts {
  cohort: string;
  planHash: string;
  /** null: it was never split. */
  epoch: number | null;
}

interface Finding {
  cohort: string;
  gate: string;
  epoch: number;
  verdict: Verdict;
  evidence: unknown;
  since: Date;
  evaluatedAt: Date;
}

type Entry = GateEntry & Omit<GoNoGoEntry, 'at'> & { cohort: string };

interface Facts {
  cohorts: CohortFacts[];
  plans: Map<string, Plan>;
  versions: PlanVersion[];
  /** The earliest epoch first. */
  findings: Finding[];
  /** Decisions on go/no-go, and what gates did. */
  entries: Entry[];
  overrides: GateOverride[];
  inForce: Awaited<ReturnType<typeof readOverrides>>;
}

async function readFacts(connection: Queryable, of: AskedPhase): Promise<Facts> {
  const { migration, phase } = of;
  // One connection answers one query at a time: in a row.
  const cohorts = await readCohorts(connection, of);
  const epochs = cohorts.flatMap(({ cohort, epoch }) => (epoch === null ? [] : [{ migration, phase, cohort, epoch }]));
  return {
    cohorts,
    plans: new Map(),
    versions: await readPlanVersions(connection, migration),
    findings: await readFindings(connection, of),
    entries: await readEntries(connection, of),
    overrides: await listOverrides(connection, { ...of, standing: false, limit: OVERRIDES }),
    inForce: await readOverrides(connection, epochs),
  };
}

/** Those that the plan moves, in its order, with the version that each goes by. */
async function readCohorts(connection: Queryable, { migration, phase }: AskedPhase): Promise<CohortFacts[]> {
  const { rows } = await connection.query<CohortFacts & Record<string, unknown>>(
    `SELECT c.document ->> 'id' AS cohort, coalesce(r.run ->> 'planHash', m.plan_hash) AS "planHash", s.epoch::float8 AS epoch
       FROM migration m JOIN plan p ON p.hash = m.plan_hash
      CROSS JOIN LATERAL jsonb_array_elements(p.document -> 'phases') AS f (document)
      CROSS JOIN LATERAL jsonb_array_elements(f.document -> 'cohorts') WITH ORDINALITY AS c (document, place)
       LEFT JOIN cohort_run r ON r.migration = m.id AND r.phase = $2 AND r.cohort = c.document ->> 'id'
       LEFT JOIN split s ON s.migration = m.id AND s.phase = $2 AND s.cohort = c.document ->> 'id'
      WHERE m.id = $1 AND f.document ->> 'id' = $2 AND NOT c.document ? 'staysOnLegacy'
      ORDER BY c.place`,
    [migration, phase],
  );
  return rows;
}

async function readFindings(connection: Queryable, { migration, phase }: AskedPhase): Promise<Finding[]> {
  const { rows } = await connection.query<Finding & Record<string, unknown>>(
    `SELECT cohort, gate, epoch::float8 AS epoch, verdict, evidence, since, evaluated_at AS "evaluatedAt"
       FROM gate_evidence WHERE migration = $1 AND phase = $2 ORDER BY epoch`,
    [migration, phase],
  );
  return rows;
}

/** Of one phase ($2) of a migration ($1). The index audit_of_gates has these rows and hardly any other. */
export const GATE_ENTRIES = `SELECT cohort, at, actor, verified, action, reason, plan_hash AS "planHash", evidence
   FROM audit WHERE migration = $1 AND phase = $2 AND cohort IS NOT NULL
    AND (action LIKE 'goNoGo.%' OR (action = 'approval.asked' AND evidence ->> 'kind' = 'goNoGo') OR actor LIKE 'gate:%')
  ORDER BY id`;

async function readEntries(connection: Queryable, { migration, phase }: AskedPhase): Promise<Entry[]> {
  const { rows } = await connection.query<Omit<Entry, 'at'> & { at: Date }>(GATE_ENTRIES, [migration, phase]);
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

async function planOf(connection: Queryable, { plans }: Facts, hash: string): Promise<Plan> {
  const plan = plans.get(hash) ?? (await getPlan(connection, hash));
  if (plan === undefined) throw new Error('A cohort goes by a plan that is not stored.');
  plans.set(hash, plan);
  return plan;
}

interface Looked {
  plan: Plan;
  gate: PlanGate;
  cohort: CohortFacts;
}

async function gateOf(connection: Queryable, asked: AskedPhase, facts: Facts, looked: Looked): Promise<GateOfCohort> {
  const { plan, gate, cohort } = looked;
  const entries = facts.entries.filter((entry) => entry.cohort === cohort.cohort);
  const signed = signaturesOf(cohort.planHash, facts.versions, entries.filter(isOfGoNoGo));
  const ground = groundOf(plan, asked.phase, gate.id, signed);
  if (ground === undefined) throw new Error('A gate is on a handoff that its plan lacks.');
  const isOfIt = (one: { cohort: string; gate: string }): boolean =>
    one.cohort === cohort.cohort && one.gate === gate.id;
  const findings = facts.findings.filter(isOfIt);
  const found = findings.at(-1);
  const rule = plan.rollbackRules.find((one) => one.phase === asked.phase && one.gate === gate.id);
  const declared = plan.phases.find(({ id }) => id === asked.phase);
  const { id, start, end } = ground.handoff;
  return {
    ...{ gate: gate.id, cohort: cohort.cohort, severity: gate.severity, planHash: cohort.planHash },
    handoff: { id, start, end },
    agreed: {
      rule: gateWords(gate.rule, gate.source),
      then:
        rule === undefined
          ? null
          : { rule: rule.id, action: actionWords(rule.action, declared), agreedBy: rule.agreedBy },
    },
    signed,
    found: found === undefined ? null : foundOf(asked.phase, cohort, ground, found, facts.inForce.find(isOfIt)),
    overrides: facts.overrides.filter(isOfIt),
    past: await readPast(connection, asked, facts, { looked, entries, findings }),
  };
}

/** Each by the version of the plan that it was crossed by, and by who had signed that until then. */
async function readPast(
  connection: Queryable,
  { migration, phase }: AskedPhase,
  facts: Facts,
  { looked, entries, findings }: { looked: Looked; entries: readonly Entry[]; findings: readonly Finding[] },
): Promise<PastCrossing[]> {
  const { gate, cohort } = looked;
  const crossings = crossingsOf(entries.filter(({ actor }) => actor === `gate:${gate.id}`));
  const past: PastCrossing[] = [];
  for (const crossing of crossings.slice(-LATEST).reverse()) {
    const { at, did, inThisCohort, planHash } = crossing;
    const finding = inThisCohort ? crossedBy(findings, at) : undefined;
    const hash = planHash ?? cohort.planHash;
    const before = entries.filter((entry) => entry.at <= at && isOfGoNoGo(entry));
    const signed = signaturesOf(hash, facts.versions, before);
    const ground = groundOf(await planOf(connection, facts, hash), phase, gate.id, signed);
    const actions =
      did.kind === 'rollback'
        ? await rollbackActionsOf(connection, { migration, phase, cohort: cohort.cohort, rollback: did.id })
        : [];
    past.push({
      ...crossing,
      sentence: finding === undefined || ground === undefined ? null : sentenceOf(ground, finding, undefined),
      actions: actions.map(({ action, done, moved }) => ({ action, done, moved })),
    });
  }
  return past;
}

function isOfGoNoGo({ action }: Entry): boolean {
  return action.startsWith('goNoGo.') || action === 'approval.asked';
}

/** undefined: that version had no such gate. */
function groundOf(plan: Plan, phase: string, gateId: string, signed: readonly Signature[]): Ground | undefined {
  const gate = plan.phases.find(({ id }) => id === phase)?.gates.find(({ id }) => id === gateId);
  const handoff = plan.handoffs.find(({ id }) => id === gate?.handoff);
  return gate === undefined || handoff === undefined ? undefined : { handoff, gate, signed };
}

interface Ground {
  handoff: PlanHandoff;
  gate: PlanGate;
  signed: readonly Signature[];
}

function foundOf(
  phase: string,
  { cohort, epoch: now }: CohortFacts,
  ground: Ground,
  finding: Finding,
  inForce: ConfirmedOverride | undefined,
): FoundVerdict {
  const { epoch, verdict, since, evaluatedAt } = finding;
  const { message, newestAt, target, legacy, ...tested } = readStoredEvidence(finding.evidence);
  return {
    ...{ verdict, message, epoch, newestAt, target, legacy },
    sentence: sentenceOf(ground, finding, epoch === now ? inForce : undefined),
    isCurrent: epoch === now,
    since: since.toISOString(),
    evaluatedAt: evaluatedAt.toISOString(),
    against: evidenceOf(tested) ?? null,
    evidence: evidenceHash({ phase, cohort, gate: ground.gate.id, epoch, verdict, message }),
  };
}

function sentenceOf(
  { handoff, gate, signed }: Ground,
  { verdict, evidence }: Finding,
  inForce: ConfirmedOverride | undefined,
): string {
  return explainVerdict({
    ...{ handoff, rule: gate.rule, verdict, signers: signersOf(signed) },
    evidence: readStoredEvidence(evidence),
    override: isOverridden(inForce, verdict, gate.severity) ? inForce : undefined,
  });
}

/** What a crossing rested on: the last crossed verdict that was found until then. Both times are the database's. */
function crossedBy(findings: readonly Finding[], at: string): Finding | undefined {
  const until = Date.parse(at);
  return findings.findLast(({ verdict, since }) => verdict === 'limitCrossed' && since.getTime() <= until);
}
