import type { Verdict } from '../../../domain/gates/verdict';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { AuditEntry } from '../../../domain/status/audit-page';
import type { GateOverride } from '../../../domain/status/gate-override';
import { readAudit } from '../../../store/audit-log';
import { saveGateEvidence } from '../../../store/gate-evidence';
import { readOverrides } from '../../../store/gate-overrides';
import { endMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { runCommand } from '../cli/run-command';
import { OTHERS, PAYMENT, PLAN_TEXT, startMigration } from '../sides/started-migration';
import { NOWHERE, startTestApi, type ActorId, type TestApi } from './running-api';

const REASON = 'the billing vendor resends what it held back';
const GATE = 'routing-floor';
const LEASE = 60_000;
/** The floor is of patients' safety, and the clinical lead has no say in going on. */
const SAFETY_PLAN = PLAN_TEXT.replace(
  'handoff: payment-to-provider-routing\n        severity: access',
  'handoff: payment-to-provider-routing\n        severity: safety',
);

let api: TestApi;
let migration: string;
beforeEach(async () => {
  api = await startTestApi({ temporalAddress: NOWHERE });
});
afterEach(() => api.stop());

async function begin(planText = PLAN_TEXT): Promise<void> {
  migration = await startMigration(api.db, { planText });
  for (const key of [PAYMENT, OTHERS]) {
    await createSplit(api.db, { migration, ...key, lease: LEASE });
    await raise(key, 10_000);
  }
}

async function raise(key: { phase: string; cohort: string }, share: number): Promise<number> {
  const expectedEpoch = (await readSplit(api.db, { migration, ...key }))?.epoch ?? 0;
  const content = { share, perDay: null, mode: 'open', cause: 'raised', lease: LEASE } as const;
  return (await changeSplit(api.db, { migration, ...key, expectedEpoch, ...content })).epoch;
}

async function epochOf(key: { phase: string; cohort: string }): Promise<number> {
  return (await readSplit(api.db, { migration, ...key }))?.epoch ?? 0;
}

/** Writes a verdict down, as whoever looks does. */
async function look(
  verdict: Verdict,
  { cohort, gate = GATE }: { cohort: string; gate?: string } = PAYMENT,
): Promise<void> {
  const key = { migration, phase: 'payment', cohort };
  const evidence = { message: `${verdict} at that moment`, newestAt: null };
  await saveGateEvidence(api.db, { ...key, gate, epoch: await epochOf(key), verdict, evidence });
}

const ask = (body: object = {}, actor: ActorId = 'release-manager-1', gate = GATE) =>
  api.as(actor).post(`/v1/migrations/${migration}/phases/payment/gates/${gate}/override`, {
    ...{ cohort: PAYMENT.cohort, verdict: 'insufficient', reason: REASON },
    ...body,
  });
const asked = async (body: object = {}, actor?: ActorId): Promise<GateOverride> =>
  ((await ask(body, actor).expect(200)).body as { override: GateOverride }).override;
const confirm = (id: string, actor: ActorId, body: object = { verdict: 'insufficient' }) =>
  api.as(actor).post(`/v1/migrations/${migration}/gate-overrides/${id}/confirm`, body);
const withdraw = (id: string, actor: ActorId) =>
  api.as(actor).post(`/v1/migrations/${migration}/gate-overrides/${id}/withdraw`, { reason: 'looked again' });
const list = async (query = ''): Promise<GateOverride[]> =>
  (
    (await api.as('support-lead-1').get(`/v1/migrations/${migration}/gate-overrides${query}`).expect(200)).body as {
      overrides: GateOverride[];
    }
  ).overrides;
const inForce = async () => readOverrides(api.db, [{ migration, ...PAYMENT, epoch: await epochOf(PAYMENT) }]);
const audited = async (): Promise<AuditEntry[]> =>
  (await readAudit(api.db, { migration, after: 0, limit: 100 })).entries.filter(({ action }) =>
    action.startsWith('gate.override'),
  );

describe('R37 a gate that two people override', () => {
  beforeEach(async () => {
    await begin();
    await look('insufficient');
  });

  it('is overridden once a second person confirms it, and not by one person twice', async () => {
    const override = await asked();
    expect(override).toMatchObject({ ...PAYMENT, gate: GATE, state: 'asked', verdict: 'insufficient', reason: REASON });
    expect(override).toMatchObject({ askedBy: 'release-manager-1', confirmedBy: null, epoch: await epochOf(PAYMENT) });
    expect(await inForce()).toEqual([]);
    expect((await confirm(override.id, 'release-manager-1').expect(403)).body).toMatchObject({
      code: 'confirmed-by-asker',
    });
    expect(await inForce()).toEqual([]);
    const { body } = await confirm(override.id, 'release-manager-2').expect(200);
    expect(body).toMatchObject({ override: { id: override.id, state: 'confirmed', confirmedBy: 'release-manager-2' } });
    expect(await inForce()).toEqual([
      {
        ...{ migration, ...PAYMENT, epoch: override.epoch, gate: GATE, verdict: 'insufficient', reason: REASON },
        ...{ askedBy: 'release-manager-1', confirmedBy: 'release-manager-2', clinicalLead: false },
      },
    ]);
    expect((await confirm(override.id, 'release-manager-2').expect(409)).body).toMatchObject({
      code: 'override-confirmed',
    });
  });

  it('is that of one cohort, and of one gate', async () => {
    await look('insufficient', OTHERS);
    await look('insufficient', { ...PAYMENT, gate: 'messages-floor' });
    await confirm((await asked()).id, 'release-manager-2').expect(200);
    const epoch = await epochOf(PAYMENT);
    const keys = [PAYMENT, OTHERS].map((key) => ({ migration, ...key, epoch }));
    expect(await readOverrides(api.db, keys)).toMatchObject([{ ...PAYMENT, gate: GATE }]);
    expect(await readOverrides(api.db, [])).toEqual([]);
  });

  it('ends with the version of the plan that it is of, which a cohort may leave without a new epoch', async () => {
    const { id } = await asked();
    await confirm(id, 'release-manager-2').expect(200);
    const planText = PLAN_TEXT.replace('atLeast: 90%', 'atLeast: 95%');
    const { plan, hash } = loadPlan(planText);
    await savePlan(api.db, { hash, plan, source: planText });
    await api.db.query(
      `INSERT INTO cohort_run (migration, phase, cohort, revision, run) VALUES ($1, $2, $3, 1, jsonb_build_object('planHash', $4::text))
       ON CONFLICT (migration, phase, cohort) DO UPDATE SET run = cohort_run.run || EXCLUDED.run`,
      [migration, PAYMENT.phase, PAYMENT.cohort, hash],
    );
    expect(await inForce()).toEqual([]);
    expect(await list()).toEqual([]);
    expect(await list('?all=true')).toMatchObject([{ id, state: 'ended' }]);

    await withdraw(id, 'release-manager-1').expect(200);
    const anew = await asked();
    await api.db.query(
      'UPDATE gate_override SET plan_hash = (SELECT plan_hash FROM migration WHERE id = $1) WHERE id = $2',
      [migration, anew.id],
    );
    expect((await confirm(anew.id, 'release-manager-2').expect(409)).body).toMatchObject({ code: 'override-over' });
  });

  it('ends with the epoch: nothing is overridden after the split changed, and neither may it be confirmed then', async () => {
    const first = await asked();
    await confirm(first.id, 'release-manager-2').expect(200);
    await raise(PAYMENT, 25_000);
    expect(await inForce()).toEqual([]);
    expect(await list()).toEqual([]);
    expect(await list('?all=true')).toMatchObject([{ id: first.id, state: 'ended' }]);
    expect((await ask().expect(409)).body).toMatchObject({ code: 'gate-not-judged' });
    await look('insufficient');
    const second = await asked();
    await raise(PAYMENT, 50_000);
    expect((await confirm(second.id, 'release-manager-2').expect(409)).body).toMatchObject({ code: 'override-over' });
  });

  it('is not overridden by a yes to too few outcomes, once its limit is crossed', async () => {
    const override = await asked();
    await look('limitCrossed');
    const { body } = await confirm(override.id, 'release-manager-2').expect(409);
    expect(body).toMatchObject({ code: 'verdict-changed' });
    expect((body as { detail: string }).detail).toContain('limit has been crossed since');
    expect(await inForce()).toEqual([]);
  });

  it('takes the verdict that both see, or all of it by its hash', async () => {
    expect((await ask({ verdict: 'noData' }).expect(409)).body).toMatchObject({ code: 'stale-evidence' });
    expect((await ask({ verdict: undefined }).expect(400)).body).toMatchObject({ code: 'bad-request' });
    const { evidence, id } = await asked();
    const other = { evidence: '0'.repeat(64) };
    expect((await confirm(id, 'release-manager-2', other).expect(409)).body).toMatchObject({ code: 'stale-evidence' });
    await confirm(id, 'release-manager-2', { evidence }).expect(200);
  });

  it('is asked for once at a time, where it does not pass', async () => {
    await asked();
    expect((await ask({}, 'release-manager-2').expect(409)).body).toMatchObject({ code: 'override-asked' });
    await look('pass', { ...PAYMENT, gate: 'messages-floor' });
    expect((await ask({ verdict: 'pass' }, 'release-manager-1', 'messages-floor').expect(409)).body).toMatchObject({
      code: 'nothing-to-override',
    });
  });

  it('is overridden no more once anybody withdrew it', async () => {
    const { id } = await asked();
    await confirm(id, 'release-manager-2').expect(200);
    expect((await withdraw(id, 'support-lead-1').expect(200)).body).toMatchObject({
      override: { state: 'withdrawn', withdrawnBy: 'support-lead-1' },
    });
    expect(await inForce()).toEqual([]);
    expect((await withdraw(id, 'engineer-1').expect(409)).body).toMatchObject({ code: 'override-over' });
    expect((await confirm(id, 'release-manager-2').expect(409)).body).toMatchObject({ code: 'override-over' });
    // It may be asked for anew.
    await asked();
  });

  it.each<ActorId>(['engineer-1', 'clinical-lead-1', 'gate-automation', 'sandbox-stacks'])(
    'is not for %s to override, whom the plan does not name for going on',
    async (actor) => {
      expect((await ask({}, actor).expect(403)).body).toMatchObject({ code: 'role-missing' });
      const { id } = await asked();
      expect((await confirm(id, actor).expect(403)).body).toMatchObject({ code: 'role-missing' });
      expect(await inForce()).toEqual([]);
    },
  );

  it('is not confirmed by whoever started the migration, where going on takes four eyes', async () => {
    const { id } = await asked({}, 'release-manager-2');
    expect((await confirm(id, 'release-manager-1').expect(403)).body).toMatchObject({ code: 'approved-by-starter' });
  });

  it.each<[string, () => Promise<unknown>, number, string]>([
    ['another gate', () => ask({}, 'release-manager-1', 'no-such-gate'), 404, 'unknown-gate'],
    ['a gate of no name', () => ask({}, 'release-manager-1', '%00'), 404, 'unknown-gate'],
    ['another cohort', () => ask({ cohort: 'texas' }), 404, 'unknown-cohort'],
    ['no reason', () => ask({ reason: undefined }), 400, 'bad-request'],
    ['a way to reach a patient as a reason', () => ask({ reason: 'call 212-555-0143' }), 400, 'bad-request'],
    ['a number that there is not', () => confirm('4711', 'release-manager-2'), 404, 'unknown-gate-override'],
    ['what is no number', () => withdraw('x', 'engineer-1'), 404, 'unknown-gate-override'],
  ])('refuses %s', async (_what, send, status, code) => {
    expect(await send()).toMatchObject({ status, body: { code } });
  });

  it('is overridden in no migration that has ended', async () => {
    await endMigration(api.db, migration);
    expect((await ask().expect(409)).body).toMatchObject({ code: 'too-late' });
  });

  it('I13 is in the audit log, with who asked, confirmed, withdrew and was refused', async () => {
    const { id, evidence, epoch } = await asked();
    await confirm(id, 'release-manager-1').expect(403);
    await confirm(id, 'release-manager-2').expect(200);
    await withdraw(id, 'engineer-1').expect(200);
    const seen = { override: id, gate: GATE, epoch, verdict: 'insufficient' };
    const full = { ...seen, evidence, message: 'insufficient at that moment' };
    expect(await audited()).toMatchObject([
      { action: 'gate.overrideAsked', actor: 'release-manager-1', reason: REASON, ...PAYMENT, evidence: full },
      {
        ...{ action: 'gate.overrideRefused', actor: 'release-manager-1', ...PAYMENT },
        evidence: { ...seen, code: 'confirmed-by-asker' },
      },
      { action: 'gate.overrideConfirmed', actor: 'release-manager-2', reason: REASON, ...PAYMENT, evidence: full },
      { action: 'gate.overrideWithdrawn', actor: 'engineer-1', reason: 'looked again', ...PAYMENT, evidence: full },
    ]);
  });

  it('is asked for and confirmed once a request, and answered alike', async () => {
    const send = () => ask().set('Idempotency-Key', 'ask-once');
    const [first, ...others] = await Promise.all([send(), send(), send()]);
    const { override } = first.body as { override: GateOverride };
    expect(first.status).toBe(200);
    for (const other of others) expect(other.body).toEqual({ override });
    const yes = () => confirm(override.id, 'release-manager-2').set('Idempotency-Key', 'yes-once');
    expect((await yes().expect(200)).body).toEqual((await yes().expect(200)).body);
    expect(await audited()).toHaveLength(2);
    const other = await ask({ reason: 'another one' }).set('Idempotency-Key', 'ask-once').expect(409);
    expect(other.body).toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('is what the command asks for, lists, confirms and withdraws', async () => {
    const handoff = async (actor: ActorId, ...words: string[]): Promise<string> => {
      const env = { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens[actor] };
      const { exitCode, stdout, stderr } = await runCommand(['gate', ...words], env);
      return exitCode === 0 ? stdout : `${exitCode}: ${stderr}`;
    };
    const of = ['payment', '--gate', GATE, '--cohort', PAYMENT.cohort, '--reason', REASON];
    const manager = 'release-manager-1';
    expect(await handoff(manager, 'override', ...of)).toMatch(/^2: Say what you see: '--verdict'/);
    expect(await handoff(manager, 'override', ...of, '--verdict', 'enough')).toMatch(
      /^2: .*as it is shown: .*"too few"/,
    );
    const screen = await handoff(manager, 'override', ...of, '--verdict', 'insufficient');
    const id = /^override (\d+): gate routing-floor of payment \/ pilot-states, at epoch 2$/m.exec(screen)?.[1] ?? '';
    expect(screen).toContain(`confirms it with 'handoff gate confirm ${id} --verdict "too few"'`);
    expect(await handoff(manager, 'overrides')).toMatch(/routing-floor +too few +2 +waits for a second person/);
    const twice = await handoff(manager, 'confirm', id, '--verdict', 'insufficient');
    expect(twice).toMatch(/^5: Who asks for an override cannot confirm it\./);
    // As it is shown.
    const confirmed = await handoff('release-manager-2', 'confirm', id, '--verdict', 'too few');
    expect(confirmed).toContain('Confirmed by release-manager-2. Until the split changes');
    expect(confirmed).toContain('Should its limit be crossed, it rolls back as agreed.');
    expect(JSON.parse(await handoff(manager, 'overrides', '--json'))).toMatchObject({
      overrides: [{ id, state: 'confirmed' }],
    });
    expect(await handoff(manager, 'withdraw', id)).toContain(`Withdrawn by ${manager}`);
    expect(await handoff(manager, 'overrides')).toContain('No gate is overridden, and nobody asks for it.');
    expect(await handoff(manager, 'overrides', '--all')).toContain(`withdrawn by ${manager}`);
  });
});

describe('R37 the limit of a safety gate', () => {
  beforeEach(async () => {
    await begin(SAFETY_PLAN);
    await look('limitCrossed');
  });
  const crossed = { verdict: 'limitCrossed' };

  it('is never overridden without a clinical lead', async () => {
    const { id } = await asked(crossed);
    expect((await confirm(id, 'release-manager-2', crossed).expect(403)).body).toMatchObject({
      code: 'clinical-lead-needed',
    });
    await confirm(id, 'clinical-lead-1', crossed).expect(200);
    expect(await inForce()).toMatchObject([{ verdict: 'limitCrossed', clinicalLead: true }]);
  });

  it('is overridden where a clinical lead asks, and one who may let the phase go on confirms', async () => {
    const { id } = await asked(crossed, 'clinical-lead-1');
    await confirm(id, 'release-manager-2', crossed).expect(200);
    expect(await inForce()).toMatchObject([{ askedBy: 'clinical-lead-1', clinicalLead: true }]);
  });
});
