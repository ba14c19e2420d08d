import { randomBytes } from 'node:crypto';
import { quietRuntime } from '../setup/quiet-runtime';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { heartbeat, sleep } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import type {
  MigrationActivities,
  PhaseActivities,
  RecordTransition,
  WatchActivities,
} from '../../activities/phase-activities';
import type { Notice } from '../../activities/notify/notifier';
import { phaseWorkflowId, type CommandName } from '../../domain/phase/commands';
import { ENGINE_VERSION, type PhaseRules } from '../../domain/phase/phase-rules';
import type { MigrationInput } from '../../workflows/input';
import { paymentRules } from '../fixtures/phase-rules';
import { timeSkippingServerPath } from '../setup/time-skipping-server';
import { person } from './person';
import { until } from '../setup/until';

const DAY = 86_400_000;

let env: TestWorkflowEnvironment;

beforeAll(async () => {
  quietRuntime();
  const path = await timeSkippingServerPath();
  env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } });
}, 120_000);

afterAll(async () => {
  await env.teardown();
});

/** What a phase asks of the world, answered by a world in which nothing goes wrong: here only its waits are looked at. */
class QuietWorld {
  readonly notices: (Notice & { at: number })[] = [];
  readonly records: RecordTransition[] = [];
  private epoch = 1;

  activities(phases: PhaseRules[]): PhaseActivities & MigrationActivities & WatchActivities {
    const split = (share: number) => Promise.resolve({ epoch: (this.epoch += 1), share });
    return {
      openSplit: () => split(0),
      runPreflight: async () => ({
        ok: true,
        checks: [],
        failures: [],
        evidenceHash: 'same',
        epoch: (await split(0)).epoch,
      }),
      shiftTraffic: ({ share }) => split(share),
      lowerTraffic: ({ share }) => split(share),
      commitTraffic: () => split(100_000),
      planRollback: () => Promise.resolve([]),
      executeRollbackAction: () => split(0),
      recordTransition: (record) => {
        this.records.push(record);
        return Promise.resolve();
      },
      tell: async (notice) => {
        this.notices.push({ ...notice, at: await env.currentTimeMs() });
      },
      watchStep: ({ until: end }) =>
        end === 'stepDone' ? Promise.resolve({ kind: 'stepDone', evidenceHash: 'gates' }) : watchesUntilCancelled(),
      loadPhases: () => Promise.resolve(phases),
      endMigration: () => Promise.resolve(),
    };
  }
}

async function watchesUntilCancelled(): Promise<never> {
  for (;;) {
    heartbeat();
    await sleep(20);
  }
}

async function withWorker<Result>(
  world: QuietWorld,
  phases: PhaseRules[],
  work: (taskQueue: string) => Promise<Result>,
): Promise<Result> {
  const taskQueue = `days-${randomBytes(6).toString('hex')}`;
  const shared = { connection: env.nativeConnection, activities: world.activities(phases) };
  const codePath = process.env['HANDOFF_TEST_WORKFLOW_BUNDLE'] ?? '';
  const engine = await Worker.create({ ...shared, taskQueue, workflowBundle: { codePath } });
  const watches = await Worker.create({
    ...shared,
    taskQueue: `${taskQueue}-watch`,
    maxHeartbeatThrottleInterval: '50ms',
  });
  return engine.runUntil(() => watches.runUntil(() => work(taskQueue)));
}

function asked(rules: PhaseRules): void {
  rules.phase.cohorts = [{ id: 'everyone', when: {} }];
  rules.phase.ramp = [
    { share: 10_000, watch: DAY },
    { share: 100_000, watch: DAY },
  ];
  for (const kind of ['goNoGo', 'goOn', 'commit'] as const) {
    rules.phase.approvals[kind] = { ...rules.phase.approvals[kind], count: 1, fourEyes: false, escalateAfter: 2 * DAY };
  }
}

function sealed(workflowId: string, name: CommandName): object {
  return { actor: person('one'), seal: { workflowId, name, nonce: randomBytes(8).toString('hex') } };
}

describe('waits of days', () => {
  it('pages a person when nobody decides for two days, once', async () => {
    const world = new QuietWorld();
    const rules = paymentRules(asked);
    await withWorker(world, [rules], async (taskQueue) => {
      const handle = await env.client.workflow.start('paymentPhase', {
        workflowId: phaseWorkflowId(rules.migration, rules.phase.id),
        taskQueue,
        args: [rules],
      });
      await until('the go/no-go to be asked', async () =>
        Promise.resolve(world.notices.some(({ kind }) => kind === 'approvalNeeded') ? true : undefined),
      );
      const askedAt = world.notices.find(({ kind }) => kind === 'approvalNeeded')?.at ?? 0;
      await env.sleep(DAY);
      expect(world.notices.filter(({ kind }) => kind === 'approvalOverdue')).toHaveLength(0);
      await env.sleep(5 * DAY);
      const overdue = world.notices.filter(({ kind }) => kind === 'approvalOverdue');
      expect(overdue).toHaveLength(1);
      expect((overdue[0]?.at ?? 0) - askedAt).toBeGreaterThanOrEqual(2 * DAY - 60_000);
      expect(overdue[0]?.urgency).toBe('page');
      await handle.executeUpdate('abort', { args: [sealed(handle.workflowId, 'abort')] });
      await handle.result();
    });
  }, 120_000);

  it('R8 starts the next phase only when the one before was stable for its dwell', async () => {
    const world = new QuietWorld();
    const payment = paymentRules(asked);
    payment.phase.dwell = 14 * DAY;
    const routing = paymentRules(asked);
    routing.phase = { ...routing.phase, id: 'providerRouting', kind: 'providerRouting' };
    await withWorker(world, [payment, routing], async (taskQueue) => {
      const migration = `m-${taskQueue}`;
      const input: MigrationInput = {
        migration,
        planHash: payment.planHash,
        timeScale: 1,
        engineVersion: ENGINE_VERSION,
        startedBy: person('starter'),
      };
      for (const rules of [payment, routing]) rules.migration = migration;
      await env.client.workflow.start('migration', { workflowId: migration, taskQueue, args: [input] });
      const say = (phase: string, name: CommandName) =>
        env.client.workflow
          .getHandle(`${migration}.${phase}`)
          .executeUpdate(name, { args: [sealed(`${migration}.${phase}`, name)] });
      const statusOf = (phase: string) => world.records.filter((record) => record.phase === phase).at(-1)?.run.status;
      const waitFor = (phase: string, status: string) =>
        until(`${phase} to be ${status}`, () => Promise.resolve(statusOf(phase) === status ? true : undefined));

      await waitFor('payment', 'awaitingGoNoGo');
      await say('payment', 'approve');
      await waitFor('payment', 'awaitingCommit');
      await say('payment', 'approve');
      await waitFor('payment', 'committed');
      await env.sleep(13 * DAY);
      expect(statusOf('providerRouting')).toBeUndefined();
      await env.sleep(2 * DAY);
      await waitFor('providerRouting', 'awaitingGoNoGo');
      await say('providerRouting', 'abort');
      const result = await env.client.workflow.getHandle(migration).result();
      expect(result).toEqual({
        phases: [
          { phase: 'payment', outcome: 'committed' },
          { phase: 'providerRouting', outcome: 'takenOut' },
        ],
      });
    });
  }, 120_000);
});
