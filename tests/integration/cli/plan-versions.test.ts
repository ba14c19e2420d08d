import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../../../cli/exit-codes';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { PlanVersionList } from '../../../domain/status/plan-versions';
import type { RunningWorker } from '../../../worker/run-worker';
import { until } from '../../setup/until';
import { FollowedMigration } from '../api/follow-migration';
import { PAYMENT_PLAN } from '../api/payment-plan';
import { startTestApi, type ActorId, type TestApi } from '../api/running-api';
import { startTestWorker } from '../api/test-worker';
import { episodes } from '../sides/started-migration';
import { runCommand, type CommandRun } from './run-command';

const TIGHTENED = PAYMENT_PLAN.replace('atLeast: 90%', 'atLeast: 95%').replace(
  '  - type: checkout.started\n',
  '  - type: checkout.started\n  - type: payment.disputed\n',
);
const LOOSENED = PAYMENT_PLAN.replace('atLeast: 90%', 'atLeast: 50%').replace('soak: 14d', 'soak: 1d');
const first = loadPlan(PAYMENT_PLAN).hash;
const second = loadPlan(TIGHTENED).hash;

let api: TestApi;
let worker: RunningWorker;
let migration: FollowedMigration;
beforeAll(async () => {
  api = await startTestApi();
  worker = await startTestWorker(api);
  await writeFile(join(api.folder, 'client.json'), JSON.stringify({ url: api.url, tokens: api.tokens }));
  for (const [name, text] of Object.entries({ tightened: TIGHTENED, loosened: LOOSENED, same: PAYMENT_PLAN }))
    await writeFile(join(api.folder, `${name}.yaml`), text);
  migration = await FollowedMigration.start(api, 'payment-2026');
  await migration.reaches('awaitingGoNoGo');
  await migration.says('release-manager-2', 'approve');
  await migration.says('clinical-lead-1', 'approve');
  await migration.reaches('watching');
});
afterAll(async () => {
  await worker.stop();
  await api.stop();
});

const handoff = (...words: string[]): Promise<CommandRun> => runCommand(words, { HANDOFF_HOME: api.folder });
const as = (actor: ActorId, ...words: string[]): Promise<CommandRun> => handoff(...words, '--as', actor);
const file = (name: string): string => join(api.folder, `${name}.yaml`);

async function listed(): Promise<PlanVersionList> {
  return JSON.parse((await handoff('plan', 'versions', '--json')).stdout) as PlanVersionList;
}

async function sides(): Promise<unknown[]> {
  const asked = episodes(40).map(async (episode) => {
    const answer = await api.as('sandbox-stacks').post('/ofrep/v1/evaluate/flags/payment-2026.payment', {
      context: { targetingKey: episode, journey: episode, state: 'TX' },
    });
    return (answer.body as { value?: unknown }).value;
  });
  return Promise.all(asked);
}

async function sent(type: string, id: string): Promise<number> {
  const answer = await api
    .as('sandbox-stacks')
    .post('/v1/events')
    .set('Content-Type', 'application/cloudevents+json')
    .send(
      JSON.stringify({
        ...{ specversion: '1.0', id, source: '/legacy/billing', type, time: new Date().toISOString() },
        ...{ subject: 'pat_00000000-0000-4000-8000-000000000001', journey: episodes(1)[0] },
      }),
    );
  return answer.status;
}

describe('handoff plan propose, approve and versions (R36)', () => {
  it('says what a version would change and what stands in its way, and proposes nothing', async () => {
    const dry = await handoff('plan', 'propose', file('loosened'), '--dry-run');
    expect(dry.exitCode).toBe(EXIT.ok);
    expect(dry.stdout).toContain('rule.atLeast  90% → 50%  (loosened)');
    expect(dry.stdout).toContain('It cannot be taken while the migration is under way:\n  phases[payment]');
    expect((await listed()).proposal).toBeNull();
  });

  it('refuses one that loosens the phase under way, with everything that does, and writes that down', async () => {
    const refused = await handoff('plan', 'propose', file('loosened'), '--json');
    expect(refused.exitCode).toBe(EXIT.conflict);
    const { error } = JSON.parse(refused.stderr) as { error: { code: string; problems: { path: string }[] } };
    expect(error.code).toBe('plan-change-refused');
    expect(error.problems.map(({ path }) => path)).toEqual([
      'phases[payment].gates[routing-floor].rule.atLeast',
      'phases[payment].soak',
    ]);
    const [row] = (await migration.audit()).filter(({ action }) => action === 'plan.refused');
    expect(row).toMatchObject({
      actor: 'release-manager-1',
      planHash: first,
      evidence: { from: first, to: loadPlan(LOOSENED).hash, because: [expect.any(String), expect.any(String)] },
    });
  });

  it('refuses what changes nothing, what was made from another version, and whoever may not propose', async () => {
    const codes = async (run: Promise<CommandRun>): Promise<unknown> => {
      const { exitCode, stderr } = await run;
      return [exitCode, (JSON.parse(stderr) as { error: { code: string } }).error.code];
    };
    expect(await codes(handoff('plan', 'propose', file('same'), '--json'))).toEqual([EXIT.conflict, 'plan-unchanged']);
    const stale = handoff('plan', 'propose', file('tightened'), '--base', 'f'.repeat(64), '--json');
    expect(await codes(stale)).toEqual([EXIT.conflict, 'stale-plan']);
    const engineer = as('engineer-1', 'plan', 'propose', file('tightened'), '--json');
    expect(await codes(engineer)).toEqual([EXIT.notAllowed, 'role-missing']);
    expect(await codes(handoff('plan', 'approve', '--json'))).toEqual([EXIT.conflict, 'plan-not-proposed']);
  });

  it('takes one by two people; nobody changes side, the step goes on, and its events are taken', async () => {
    const before = await sides();
    const standing = await migration.cohort('everyone-else');
    expect(await sent('payment.disputed', 'early')).toBe(400);

    const proposed = await handoff('plan', 'propose', file('tightened'), '--reason', 'too low');
    expect(proposed.exitCode).toBe(EXIT.ok);
    expect(proposed.stdout).toContain('another person than who proposes it');
    expect((await handoff('status')).stdout).toContain(`plan ${second.slice(0, 12)} was proposed by release-manager-1`);
    const alone = await handoff('plan', 'approve');
    expect([alone.exitCode, alone.stderr]).toEqual([EXIT.notAllowed, expect.stringContaining('two people')]);
    const both = await as('clinical-lead-1', 'plan', 'approve');
    expect([both.exitCode, both.stdout]).toEqual([EXIT.ok, expect.stringContaining('90% → 95%')]);

    expect(await listed()).toMatchObject({
      planHash: second,
      versions: [
        { number: 1, planHash: first, approvedBy: 'release-manager-1' },
        { number: 2, planHash: second, proposedBy: 'release-manager-1', approvedBy: 'clinical-lead-1' },
      ],
      proposal: null,
    });
    const now = await migration.cohort('everyone-else');
    expect(now.run).toMatchObject({
      status: 'watching',
      step: standing.run?.step,
      epoch: standing.run?.epoch,
      planHash: first,
    });
    expect(await sides()).toEqual(before);
    await until('the API to take the new event', async () => (await sent('payment.disputed', 'late')) === 200);
    const actions = (await migration.audit()).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['plan.proposed', 'plan.adopted']));
  });
});
