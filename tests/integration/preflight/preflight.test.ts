import { PlanReader } from '../../../activities/plan-reader';
import { preflightActivities } from '../../../activities/preflight/preflight-activities';
import type { PreflightReport } from '../../../activities/phase-activities';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { loadPlan } from '../../../domain/plan/load-plan';
import { planHash } from '../../../domain/plan/plan-hash';
import type { Plan } from '../../../domain/plan/plan-schema';
import { createMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';
import { createSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { PLAN_TEXT } from '../sides/started-migration';

let database: TestDatabase;
let started = 0;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** The preflight of the first cohort of a plan, its pages answering as they should and its outcomes readable. */
async function preflightOf(change: (plan: Plan) => void): Promise<PreflightReport> {
  const { db } = database;
  const { plan } = loadPlan(PLAN_TEXT);
  change(plan);
  const hash = planHash(plan);
  const migration = `preflight-${(started += 1)}`;
  await savePlan(db, { hash, plan, source: '' });
  await createMigration(db, { id: migration, planHash: hash, salt: 's', timeScale: 1, startedBy: 'starter' });
  const key = { migration, phase: 'payment', cohort: 'pilot-states' };
  await createSplit(db, { ...key, lease: 60_000 });
  const { runPreflight } = preflightActivities({
    router: new PostgresTrafficRouter(db),
    metrics: { read: () => Promise.resolve({ kind: 'noData', message: 'nothing yet' }) },
    plans: new PlanReader(db),
    probeFor: () => ({ run: () => Promise.resolve({ result: 'pass', message: '200.' }) }),
  });
  return runPreflight({ ...key, planHash: hash });
}

describe('what is checked before a phase starts', () => {
  it('R14 lists what only a payment phase has to have, beside the rest', async () => {
    const report = await preflightOf(() => undefined);
    expect(report).toMatchObject({ ok: true, failures: [] });
    expect(report.checks).toContainEqual({
      id: 'payment payment-legs (R14)',
      ok: true,
      message: 'both legs after a payment are handed off.',
    });
  });

  it('names every failure at once: the leg that is not handed off, the gate without a rule, the layer without an owner', async () => {
    const { ok, failures } = await preflightOf((plan) => {
      plan.handoffs = plan.handoffs.filter(({ id }) => id !== 'payment-to-next-step-message');
      plan.rollbackRules = plan.rollbackRules.filter(({ gate }) => gate !== 'routing-floor');
      plan.stackMap = plan.stackMap.slice(1);
    });
    expect(ok).toBe(false);
    expect(failures.map((failure) => failure.split(':')[0])).toEqual([
      'stack-map',
      'rollback-rules',
      'payment payment-legs (R14)',
    ]);
  });

  it('gives another evidence for another plan, so that no approval of one counts for the other', async () => {
    const evidence = async (undo: string): Promise<string> => {
      const { evidenceHash } = await preflightOf((plan) => {
        for (const effect of plan.phases[0]?.irreversible ?? []) effect.undo = undo;
      });
      return evidenceHash;
    };
    expect(await evidence('By hand.')).not.toBe(await evidence('Not at all.'));
  });
});
