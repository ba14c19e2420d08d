import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { planHash } from '../../domain/plan/plan-hash';
import type { Plan, PlanPhase } from '../../domain/plan/plan-schema';
import { until } from '../setup/until';
import { RunningEngine, small, smallTwice, type RunningMigration } from './running-engine';

const DAY = 86_400_000;
let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
});
afterAll(() => engine.stop());

function phaseOf(plan: Plan, at = 0): PlanPhase {
  const phase = plan.phases[at];
  if (phase === undefined) throw new Error('The plan has no such phase.');
  return phase;
}

/** A higher floor, and a step in between. */
function tightened(plan: Plan): void {
  const phase = phaseOf(plan);
  for (const gate of phase.gates) gate.rule = { kind: 'floor', atLeast: 0.97, minimumOutcomes: 5 };
  phase.ramp.splice(1, 0, { share: 15_000, watch: DAY });
}

async function started(change: (plan: Plan) => void = small): Promise<RunningMigration> {
  const migration = await engine.migrate(change);
  await migration.approvedToStart();
  await migration.reaches('watching');
  return migration;
}

/** Proposed by one, approved by the other. */
async function agreedOn(migration: RunningMigration, change: (plan: Plan) => void): Promise<string> {
  const hash = await migration.version(change);
  await migration.plans('proposePlan', 'one', { planHash: hash, base: planHash(migration.plan) });
  await migration.plans('approvePlan', 'two', { planHash: hash });
  return hash;
}

async function refusal(asked: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
      return { code: error.cause.type ?? '', message: error.cause.message };
    }
    throw error;
  }
  throw new Error('It was taken.');
}

/** What would show that something started over: the workflows' runs, the epochs, and who is where. */
async function whatStays(migration: RunningMigration): Promise<unknown> {
  const runs = [migration.id, migration.workflowId].map(async (id) => {
    const { runId } = await engine.client.workflow.getHandle(id).describe();
    return runId;
  });
  const { rows } = await engine.database.db.query(
    `SELECT phase, unit, cohort, side, epoch FROM placement WHERE migration = $1 ORDER BY unit`,
    [migration.id],
  );
  const { attempt, series } = (await migration.run()) ?? {};
  return { runs: await Promise.all(runs), split: await migration.split(), rows, attempt, series };
}

async function placed(migration: RunningMigration): Promise<void> {
  await engine.database.db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch)
     SELECT $1, 'payment', 'epi_' || n, 'everyone', CASE WHEN n % 3 = 0 THEN 'target' ELSE 'legacy' END, 1 FROM generate_series(1, 9) AS n`,
    [migration.id],
  );
}

describe('another version of the plan, while a phase is under way (R36)', () => {
  it('is taken over at the boundary of a step: nothing starts over, and the next step goes by it', async () => {
    const migration = await started();
    await placed(migration);
    const before = await whatStays(migration);
    const first = planHash(migration.plan);
    const hash = await migration.version(tightened);

    // Tightening takes two.
    await migration.plans('proposePlan', 'one', { planHash: hash, base: first, reason: 'too low' });
    expect(await refusal(migration.plans('approvePlan', 'one', { planHash: hash }))).toMatchObject({
      code: 'approved-by-proposer',
    });
    expect(await migration.planInForce()).toBe(first);
    expect((await migration.progress())?.proposal).toMatchObject({
      planHash: hash,
      from: first,
      by: 'one',
      needs: { fourEyes: true },
    });
    await migration.plans('approvePlan', 'two', { planHash: hash });
    expect(await migration.planInForce()).toBe(hash);

    // The watch under way goes on by the old one.
    expect(await migration.run()).toMatchObject({ status: 'watching', step: 0, planHash: first });
    expect(await whatStays(migration)).toEqual(before);
    // 180 of 200 pass the old floor of 90%, and are proof against the new one of 97%.
    await migration.outcomes('target', 180, 20);
    // At the next step, by the new floor, what accumulated over the attempt is counted again from its first outcome: it goes back.
    await migration.reaches('rolledBack');
    const raised = await engine.database.db.query<{ share: number }>(
      `SELECT share FROM split_change WHERE migration = $1 AND cause = 'raised' ORDER BY epoch`,
      [migration.id],
    );
    expect(raised.rows).toEqual([{ share: 10_000 }, { share: 15_000 }]);
    expect(await migration.run()).toMatchObject({ planHash: hash, attempt: 1, series: 1 });
    expect(await migration.auditRows('gate.limitCrossed')).toEqual([
      expect.objectContaining({ planHash: hash, reason: expect.stringContaining('0.97') }),
    ]);

    const version = { from: first, to: hash };
    expect(await migration.auditRows('plan.proposed')).toEqual([
      expect.objectContaining({ actor: 'one', reason: 'too low', evidence: expect.objectContaining(version) }),
    ]);
    expect(await migration.auditRows('plan.adopted')).toEqual([
      expect.objectContaining({
        actor: 'two',
        evidence: expect.objectContaining({ ...version, version: 2, proposedBy: 'one' }),
      }),
    ]);
    expect(await migration.auditRows('plan.takenOver')).toEqual([expect.objectContaining({ evidence: version })]);
  });

  it('is refused where it loosens what is under way, with everything that does, and that is audited', async () => {
    const migration = await started();
    const first = planHash(migration.plan);
    const looser = await migration.version((plan) => {
      const phase = phaseOf(plan);
      for (const gate of phase.gates) gate.rule = { kind: 'floor', atLeast: 0.5, minimumOutcomes: 5 };
      phase.soak = 1_000;
      plan.rollbackRules = plan.rollbackRules.map((rule) => ({ ...rule, action: { kind: 'pause' as const } }));
    });
    const { code, message } = await refusal(migration.plans('proposePlan', 'one', { planHash: looser, base: first }));
    expect(code).toBe('plan-change-refused');
    for (const part of ['.rule.atLeast', 'phases[payment].soak', '.action']) expect(message).toContain(part);
    expect(await migration.planInForce()).toBe(first);
    expect((await migration.progress())?.proposal).toBeUndefined();
    expect(await migration.auditRows('plan.refused')).toEqual([
      expect.objectContaining({
        actor: 'one',
        evidence: {
          from: first,
          to: looser,
          because: expect.arrayContaining([expect.stringContaining('loosens phase payment')]),
        },
      }),
    ]);
  });

  it('is refused where it was made from another version than the one in force', async () => {
    const migration = await started();
    const first = planHash(migration.plan);
    await agreedOn(migration, tightened);
    const other = await migration.version((plan) => {
      phaseOf(plan).dwell *= 2;
    });
    expect(await refusal(migration.plans('proposePlan', 'one', { planHash: other, base: first }))).toMatchObject({
      code: 'stale-plan',
    });
    expect(await migration.planInForce()).not.toBe(other);
  });

  it('is void once somebody proposes another, or says no', async () => {
    const migration = await started();
    const first = planHash(migration.plan);
    const [one, other] = [
      await migration.version(tightened),
      await migration.version((plan) => {
        phaseOf(plan).dwell *= 2;
      }),
    ];
    await migration.plans('proposePlan', 'one', { planHash: one, base: first });
    await migration.plans('proposePlan', 'one', { planHash: other, base: first });
    expect(await refusal(migration.plans('approvePlan', 'two', { planHash: one }))).toMatchObject({
      code: 'plan-not-proposed',
    });
    await migration.plans('rejectPlan', 'two', { planHash: other, reason: 'not now' });
    expect(await refusal(migration.plans('approvePlan', 'two', { planHash: other }))).toMatchObject({
      code: 'plan-not-proposed',
    });
    expect(await migration.auditRows('plan.rejected')).toEqual([
      expect.objectContaining({ actor: 'two', reason: 'not now' }),
    ]);
    expect(await migration.planInForce()).toBe(first);
  });

  it('voids what people approved for the version before, and asks them anew', async () => {
    const migration = await engine.migrate(small);
    await migration.reaches('awaitingGoNoGo');
    await migration.says('approve', 'one');
    const hash = await agreedOn(migration, tightened);
    const run = await until('the go to be asked for anew', async () => {
      const now = await migration.run();
      return now?.status === 'awaitingGoNoGo' && now.request?.planHash === hash ? now : undefined;
    });
    expect(run.request?.given).toEqual([]);
    expect(await migration.auditRows('goNoGo.void')).toHaveLength(1);
    await migration.says('approve', 'one');
    await migration.says('approve', 'two');
    expect(await migration.reaches('watching')).toMatchObject({ planHash: hash });
  });

  it('voids a commit that was half approved, and commits by the new version', async () => {
    const migration = await started((plan) => {
      small(plan);
      phaseOf(plan).approvals.commit = { ...phaseOf(plan).approvals.commit, count: 2 };
    });
    await until('the ramp to end', async () => {
      const run = await migration.run();
      if (run?.status === 'awaitingCommit') return true;
      if (run !== undefined && run.share > 0) await migration.outcomes('target', 5, 0);
      return undefined;
    });
    await migration.says('approve', 'one');
    const hash = await agreedOn(migration, (plan) => {
      phaseOf(plan).soak *= 2;
    });
    const run = await until('the commit to be asked for anew', async () => {
      const now = await migration.run();
      return now?.status === 'awaitingCommit' && now.request?.planHash === hash ? now : undefined;
    });
    expect(run.request?.given).toEqual([]);
    await migration.says('approve', 'one');
    await migration.says('approve', 'two');
    await migration.reaches('committed');
    await engine.client.workflow.getHandle(migration.id).result();
  });

  it('is taken over all the same where every worker died between the approval and the boundary', async () => {
    const migration = await started();
    const hash = await agreedOn(migration, tightened);
    await engine.stopWorkers();
    await engine.startWorker();
    await migration.reaches('watching');
    expect(await migration.run()).toMatchObject({ step: 0 });
    await migration.outcomes('target', 20, 0);
    const run = await until('the next step', async () => {
      const now = await migration.run();
      return now !== undefined && now.step >= 1 ? now : undefined;
    });
    expect(run.planHash).toBe(hash);
    const { rows } = await engine.database.db.query<{ number: number }>(
      `SELECT number FROM plan_version WHERE migration = $1 ORDER BY number`,
      [migration.id],
    );
    expect(rows).toEqual([{ number: 1 }, { number: 2 }]);
  });

  it('refuses a change of a step that a cohort has passed', async () => {
    const migration = await started();
    const hash = await migration.version((plan) => {
      phaseOf(plan).ramp[0] = { share: 5_000, watch: DAY };
    });
    const asked = migration.plans('proposePlan', 'one', { planHash: hash, base: planHash(migration.plan) });
    expect(await refusal(asked)).toMatchObject({
      code: 'plan-change-refused',
      message: expect.stringContaining('step 1'),
    });
  });

  it('takes nobody’s word for it but the API’s', async () => {
    const migration = await started();
    const hash = await migration.version(tightened);
    const handle = engine.client.workflow.getHandle(migration.id);
    const plain = {
      actor: { id: 'one', roles: ['release-manager'], verified: true },
      planHash: hash,
      base: planHash(migration.plan),
    };
    expect(await refusal(handle.executeUpdate('proposePlan', { args: [plain] }))).toMatchObject({
      code: 'replayed-command',
    });
    await migration.signals('takePlan', {
      seal: { workflowId: migration.workflowId, name: 'takePlan', nonce: 'x' },
      answerTo: 'x',
      rules: {},
    });
    await migration.says('pause', 'lead');
    expect(await migration.run()).toMatchObject({ status: 'paused', planHash: planHash(migration.plan) });
  });
});

describe('another version of the plan, before a phase has begun (R36)', () => {
  it('takes one release manager, may loosen it, and is what the phase then goes by', async () => {
    const migration = await started(smallTwice);
    const first = planHash(migration.plan);
    const hash = await migration.version((plan) => {
      for (const gate of phaseOf(plan, 1).gates) gate.rule = { kind: 'floor', atLeast: 0.5, minimumOutcomes: 5 };
    });
    await migration.plans('proposePlan', 'one', { planHash: hash, base: first });
    await migration.plans('approvePlan', 'one', { planHash: hash });
    await until('the first phase to be committed', async () => {
      const run = await migration.run();
      if (run?.status === 'committed') return true;
      if (run?.status === 'awaitingCommit') await migration.says('approve', 'one').catch(() => undefined);
      else if (run !== undefined && run.share > 0) await migration.outcomes('target', 5, 0);
      return undefined;
    });
    expect(await migration.reaches('awaitingGoNoGo', 'everyone', 'provider-routing')).toMatchObject({
      planHash: hash,
      request: { planHash: hash },
    });
    // What has ended is not changed any more, whoever says so.
    const late = await migration.version((plan) => {
      phaseOf(plan).soak *= 2;
    });
    const asked = migration.plans('proposePlan', 'one', { planHash: late, base: hash });
    expect(await refusal(asked)).toMatchObject({
      code: 'plan-change-refused',
      message: expect.stringContaining('has ended'),
    });
  });
});
