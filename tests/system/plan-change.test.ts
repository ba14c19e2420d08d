import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { askAgain } from '../../bench/load/ask-again';
import { cutPlan } from '../../cli/rehearse/cut/cut-plan';
import { planDocument } from '../../cli/rehearse/cut/plan-document';
import { withProbesAt } from '../../cli/rehearse/with-probes-at';
import { loadPlan } from '../../domain/plan/load-plan';
import type { Plan, PlanPhase } from '../../domain/plan/plan-schema';
import type { CohortStanding, MigrationStatus } from '../../domain/status/migration-status';
import { createLogger } from '../../platform/logger';
import { runRequestSchema } from '../../sandbox/control/control-contract';
import { Sandbox } from '../../sandbox/sandbox';
import type { RunningWorker } from '../../worker/run-worker';
import { startTestApi, type ActorId, type TestApi } from '../integration/api/running-api';
import { startTestWorker } from '../integration/api/test-worker';
import { testTemporalAddress } from '../setup/test-database';
import { until } from '../setup/until';

const MIGRATION = 'telehealth';
/** As the demo plays it, the long waits cut, but slower: a deadline of minutes is not missed by a machine that has other work. */
const TIME_SCALE = 1_200;
const CUT = {
  ...{ watch: 1_000, soak: 2_000, dwell: 1_000, hold: 120_000, escalateAfter: 120_000, latenessAtLeast: 10_000 },
  ...{ minimumOutcomes: 1, perDay: 4, phases: {} },
};

let api: TestApi;
let worker: RunningWorker;
let sandbox: Sandbox;
let temporal: Connection;
let plan: Plan;
let first: string;

beforeAll(async () => {
  api = await startTestApi();
  worker = await startTestWorker(api);
  temporal = await Connection.connect({ address: testTemporalAddress() });
  sandbox = new Sandbox({
    handoffUrl: api.url,
    token: api.tokens['sandbox-stacks'],
    ports: { legacy: 0, target: 0 },
    logger: createLogger('test', 'silent'),
  });
  await sandbox.open();
  const text = await readFile(join(__dirname, '..', '..', 'examples', 'telehealth.yaml'), 'utf8');
  const cut = cutPlan(loadPlan(text, Date.now()).plan, CUT, TIME_SCALE);
  const rehearsed = withProbesAt(cut.plan, sandbox.stackUrls).plan;
  // A twentieth of a small cohort may be nobody for minutes, by chance.
  for (const step of rehearsed.phases[0]?.ramp ?? []) step.share = Math.max(step.share ?? 0, 20_000);
  const there = planDocument(rehearsed);
  ({ plan, hash: first } = loadPlan(there, Date.now()));
  const started = await ask('release-manager-1', '', { plan: there, id: MIGRATION, timeScale: TIME_SCALE });
  // 200: by a try before, which was answered with when to ask again.
  expect([200, 201]).toContain(started.status);
  sandbox.startRun(
    runRequestSchema.parse({
      ...{
        kind: 'journey',
        migration: MIGRATION,
        timeScale: TIME_SCALE,
        seed: 'a change of plan',
        visitorsPerHour: 30,
      },
      phases: Object.fromEntries(plan.phases.map(({ id, kind }) => [kind, id])),
      prefixes: { visitor: 'vis', episode: 'ep', subscription: 'sub', patient: 'pat' },
    }),
  );
}, 120_000);
afterAll(async () => {
  sandbox.stopRun(MIGRATION);
  await sandbox.close(0);
  await worker.stop();
  await temporal.close();
  await api.stop();
}, 120_000);

async function ask(actor: ActorId, path: string, body?: object): Promise<{ status: number; body: object }> {
  const question = {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...{ authorization: `Bearer ${api.tokens[actor]}`, 'content-type': 'application/json' },
      'idempotency-key': randomUUID(),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
  const response = await askAgain(() => fetch(`${api.url}/v1/migrations${path}`, question));
  return { status: response.status, body: (await response.json()) as object };
}

async function cohorts(): Promise<CohortStanding[]> {
  const { body } = await ask('engineer-1', `/${MIGRATION}`);
  return (body as MigrationStatus).phases[0]?.cohorts ?? [];
}

function says(actor: ActorId, path: string, body: object): Promise<{ status: number; body: object }> {
  return ask(actor, `/${MIGRATION}/${path}`, body);
}

function version(change: (frontDoor: PlanPhase, intake: PlanPhase) => void): { plan: string; hash: string } {
  const other = structuredClone(plan);
  const [frontDoor, intake] = other.phases;
  if (frontDoor === undefined || intake === undefined) throw new Error('The example has phases.');
  change(frontDoor, intake);
  const text = planDocument(other);
  return { plan: text, hash: loadPlan(text, Date.now()).hash };
}

async function runIds(): Promise<string[]> {
  const client = new Client({ connection: temporal });
  const ids = [MIGRATION, `${MIGRATION}.front-door`];
  return Promise.all(ids.map(async (id) => (await client.workflow.getHandle(id).describe()).runId));
}

it('R36: in the setting of the demo, with patients on their way, the plan changes in the middle of a ramp and nothing starts over', async () => {
  await until(
    'both cohorts to ask for the go',
    async () => (await cohorts()).every(({ run }) => run?.request?.kind === 'goNoGo'),
    60_000,
  );
  for (const actor of ['release-manager-2', 'engineer-1'] as const)
    expect((await says(actor, 'phases/front-door/approve', {})).status).toBe(200);
  // In the middle of the ramp: some are on target, and one cohort waits for people before its half.
  await until(
    'a cohort to be asked about its third step',
    async () => (await cohorts()).some(({ run }) => run?.status === 'awaitingStep'),
    60_000,
  );
  const runs = await runIds();
  const sides = `SELECT phase, unit, side FROM placement WHERE migration = $1 AND phase = 'front-door' ORDER BY unit`;
  const { rows: placed } = await api.db.query<{ unit: string; side: string }>(sides, [MIGRATION]);
  expect(placed.filter(({ side }) => side === 'target').length).toBeGreaterThan(0);

  const looser = version((frontDoor) => {
    frontDoor.soak = 1_000;
  });
  const refused = await says('release-manager-1', 'plan', { plan: looser.plan, base: first });
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'plan-change-refused', problems: [{ path: 'phases[front-door].soak' }] },
  });

  // A step more, and a longer soak, of the phase under way; of one that has not begun, steps that are looked at for less long.
  const newer = version((frontDoor, intake) => {
    frontDoor.ramp.splice(3, 0, { share: 75_000, watch: frontDoor.ramp[2]?.watch ?? 1_000 });
    frontDoor.soak *= 2;
    for (const step of intake.ramp) step.watch /= 2;
  });
  expect(await says('release-manager-1', 'plan', { plan: newer.plan, base: first })).toMatchObject({
    status: 200,
    body: { outcome: 'done', needs: { fourEyes: true } },
  });
  const alone = await says('release-manager-1', 'plan/approve', { planHash: newer.hash });
  expect(alone).toMatchObject({ status: 403, body: { code: 'approved-by-proposer' } });
  expect((await says('clinical-lead-1', 'plan/approve', { planHash: newer.hash })).status).toBe(200);

  // Who waited for people is asked anew; who is looked at goes on by the version before.
  for (const { run } of await cohorts()) {
    if (run?.request !== undefined) expect(run.request.planHash).toBe(newer.hash);
    expect(run?.attempt).toBe(1);
  }
  await until(
    'both cohorts to come to the step that is new',
    async () => {
      const standing = await cohorts();
      for (const { cohort, run } of standing) {
        if (run?.status !== 'awaitingStep') continue;
        expect(run.request).toMatchObject({ planHash: newer.hash, given: [] });
        await says('release-manager-2', 'phases/front-door/approve', { cohort, evidence: run.request?.evidenceHash });
      }
      const there = standing.every(({ run }) => run !== null && run.step >= 3 && run.planHash === newer.hash);
      // Thrown: what they were at last is the cause of a wait in vain.
      if (!there) throw new Error(JSON.stringify(standing));
      return there;
    },
    150_000,
  );
  const { rows: changes } = await api.db.query<{ cohort: string }>(
    `SELECT DISTINCT cohort FROM split_change WHERE migration = $1 AND phase = 'front-door' AND share = 75000`,
    [MIGRATION],
  );
  expect(changes).toHaveLength(2);

  // Nothing started over, and nobody changed side (I1).
  expect(await runIds()).toEqual(runs);
  for (const { run } of await cohorts()) expect(run?.attempt).toBe(1);
  const { rows: now } = await api.db.query<{ unit: string; side: string }>(sides, [MIGRATION]);
  const known = new Set(placed.map(({ unit }) => unit));
  expect(now.filter(({ unit }) => known.has(unit))).toEqual(placed);
  expect(now.length).toBeGreaterThan(placed.length);
  const audit = await api.db.query<{ action: string; evidence: { from: string; to: string } }>(
    `SELECT action, evidence FROM audit WHERE migration = $1 AND action LIKE 'plan.%' ORDER BY id`,
    [MIGRATION],
  );
  expect(audit.rows.map(({ action }) => action).slice(0, 2)).toEqual(['plan.refused', 'plan.proposed']);
  for (const action of ['plan.adopted', 'plan.takenOver']) {
    const row = audit.rows.find((one) => one.action === action);
    expect(row?.evidence).toMatchObject({ from: first, to: newer.hash });
  }
}, 300_000);
