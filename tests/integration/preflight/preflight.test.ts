import { GateFigures } from '../../../activities/gates/gate-figures';
import type { FindOutcomeSource } from '../../../activities/gates/outcome-source';
import { PlanReader } from '../../../activities/plan-reader';
import { preflightActivities } from '../../../activities/preflight/preflight-activities';
import type { PreflightReport } from '../../../activities/phase-activities';
import type { OutwardRoute } from '../../../activities/traffic/outward-route';
import { WebhookRoute } from '../../../adapters/webhook/webhook-route';
import { noData, type OutcomeAnswer } from '../../../domain/metrics/outcome-answer';
import { loadPlan } from '../../../domain/plan/load-plan';
import { planHash } from '../../../domain/plan/plan-hash';
import type { Plan } from '../../../domain/plan/plan-schema';
import { cohortRunsOf } from '../../../store/cohort-runs';
import { createMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';
import { createSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { startEdgeReceiver } from '../sides/edge-receiver';
import { outwardRouter } from '../sides/outward-traffic-router';
import { PLAN_TEXT } from '../sides/started-migration';

let database: TestDatabase;
let started = 0;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** The preflight of the first cohort of a plan, its pages answering as they should and its outcomes readable. */
async function preflightOf(
  change: (plan: Plan) => void,
  route?: OutwardRoute,
  outside?: FindOutcomeSource,
): Promise<PreflightReport> {
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
    router: outwardRouter(db, () => route).router,
    routeOf: () => route,
    metrics: new GateFigures({
      ...{ db, find: outside ?? (() => undefined) },
      handoffs: { read: () => Promise.resolve({ kind: 'noData', message: 'nothing yet' }) },
    }),
    plans: new PlanReader(db),
    standing: (id) => cohortRunsOf(db, id),
    now: () => new Date('2026-11-01T12:00:00Z'),
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

  it.each<[string, (plan: Plan) => void, RegExp]>([
    [
      'a datum that nobody owns',
      (plan) => {
        plan.ownership = [];
      },
      /^ownership: Nobody owns 'patient-contact'/,
    ],
    [
      'a phase before it that is on its way',
      (plan) => {
        const [payment] = plan.phases;
        if (payment === undefined) throw new Error('The plan has no phase.');
        plan.phases.unshift({ ...payment, id: 'front-door', kind: 'custom' });
      },
      /^order: wait until front-door\/pilot-states, front-door\/everyone-else is committed or taken out/,
    ],
    [
      'a waiver that has expired since',
      (plan) => {
        const waiver = {
          code: 'WH404',
          at: 'events[3].type',
          reason: 'They come later.',
          approvedBy: 'clinical-leads',
        };
        plan.waivers = [{ ...waiver, expires: '2026-11-01' }];
      },
      /^waivers: mend what WH404 at events\[3\]\.type \(ended with 2026-11-01\) was for/,
    ],
  ])('R39 names %s', async (_, change, failure) => {
    const { ok, failures } = await preflightOf(change);
    expect(ok).toBe(false);
    expect(failures).toContainEqual(expect.stringMatching(failure));
  });

  describe('a gate whose figures come from elsewhere', () => {
    const fromElsewhere = (plan: Plan): void => {
      const gate = plan.phases[0]?.gates[0];
      if (gate !== undefined) gate.source = { kind: 'sql', connection: 'warehouse', query: 'SELECT 1' };
    };
    const none = { kept: 0, missed: 0 };
    const answers = (answer: OutcomeAnswer): FindOutcomeSource => {
      return () => ({ count: () => Promise.resolve(answer) });
    };

    it('names a connection that no worker knows', async () => {
      const { ok, failures } = await preflightOf(fromElsewhere);
      expect(ok).toBe(false);
      expect(failures).toEqual([
        "gate routing-floor: its source cannot be read: Its connection 'warehouse' is not there, or not of the kind sql. Declare it in the file HANDOFF_SOURCES_FILE of every worker.",
      ]);
    });

    it('is not begun with where the source has nothing at all: what is absent now would look like none missed later', async () => {
      const { failures } = await preflightOf(fromElsewhere, undefined, answers(noData('It gives no row for target.')));
      expect(failures).toEqual(['gate routing-floor: its source has no figures: It gives no row for target.']);
    });

    it('may begin where the source says that there are none yet', async () => {
      const zeros = answers({ kind: 'outcomes', target: none, legacy: none, newestAt: null });
      await expect(preflightOf(fromElsewhere, undefined, zeros)).resolves.toMatchObject({ ok: true, failures: [] });
    });
  });

  it('R39 lists what holds, and what only people can count', async () => {
    const { ok, checks } = await preflightOf((plan) => {
      plan.coverage = [
        {
          id: 'prescribers',
          phase: 'payment',
          ready: 'Licensed.',
          minimum: 2,
          each: ['state'],
          owner: 'clinical-leads',
        },
      ];
    });
    expect(ok).toBe(true);
    const said = new Map(checks.map(({ id, message }) => [id, message]));
    expect(said.get('order')).toBe('it is the first phase.');
    expect(said.get('waivers')).toBe('none.');
    expect(said.get('ownership')).toMatch(/^the plan declares none/);
    expect(said.get('coverage prescribers')).toBe('not counted here: ask clinical-leads for at least 2 of each state.');
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

  it('writes what routes outside and reads it back, and says what it cannot do', async () => {
    const edge = await startEdgeReceiver('shared-by-both-ends');
    const clock = { now: () => new Date() };
    const route = new WebhookRoute({ url: edge.url, secret: 'shared-by-both-ends', clock, timeout: 5_000 });
    const finish = (plan: Plan): void => {
      for (const phase of plan.phases) phase.inFlight = { ...phase.inFlight, otherwise: 'finish', milestones: [] };
    };
    const well = await preflightOf(finish, route);
    expect(well).toMatchObject({ ok: true, failures: [] });
    expect(well.checks.map(({ id }) => id)).toEqual(expect.arrayContaining(['route webhook', 'traffic']));
    expect(edge.posted).toEqual([expect.objectContaining({ cohort: 'pilot-states', epoch: 2, share: 0 })]);

    edge.trouble({ answers: 503 });
    const counted = await preflightOf((plan) => {
      finish(plan);
      for (const cohort of plan.phases[0]?.cohorts ?? []) delete cohort.ramp;
      for (const step of plan.phases[0]?.ramp.slice(0, 1) ?? []) Object.assign(step, { share: undefined, perDay: 25 });
    }, route);
    await edge.stop();
    expect(counted.failures).toEqual([
      expect.stringMatching(/^route webhook: It cannot count units/),
      expect.stringMatching(
        /^traffic: The split is written, but what routes outside was not read back as written \(away\)/,
      ),
    ]);
  });
});
