import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { quietRuntime } from '../setup/quiet-runtime';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { heartbeat, sleep } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import type {
  MigrationActivities,
  PhaseActivities,
  RecordTransition,
  WatchActivities,
} from '../../activities/phase-activities';
import { nextOpening, openingAfter } from '../../domain/calendar/next-opening';
import type { MigrationRun } from '../../domain/migration/migration-run';
import type { Notice } from '../../activities/notify/notifier';
import { phaseWorkflowId, type CommandName } from '../../domain/phase/commands';
import { ENGINE_VERSION, type PhaseRules } from '../../domain/phase/phase-rules';
import type { PlanCalendar } from '../../domain/plan/plan-schema';
import type { MigrationInput } from '../../workflows/input';
import { paymentRules } from '../fixtures/phase-rules';
import { skipTime } from '../setup/skip-time';
import { timeSkippingServerPath } from '../setup/time-skipping-server';
import { person } from './person';
import { until } from '../setup/until';

const DAY = 86_400_000;

let env: TestWorkflowEnvironment;

// A server each: one does not skip time while an activity is under way, and a watch whose worker went with its workflow stays so to it.
beforeEach(async () => {
  quietRuntime();
  const path = await timeSkippingServerPath();
  env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } });
}, 120_000);

afterEach(async () => {
  await env.teardown();
});

/** What a phase asks of the world, answered by a world in which nothing goes wrong: here only its waits are looked at. */
class QuietWorld {
  readonly notices: (Notice & { at: number })[] = [];
  readonly records: RecordTransition[] = [];
  readonly progress: MigrationRun[] = [];
  /** By which phases advance; at any hour where there is none. */
  calendar: PlanCalendar | undefined;
  /** When more was let through, and when it was committed. */
  readonly advances: Date[] = [];
  private epoch = 1;

  activities(phases: PhaseRules[]): PhaseActivities & MigrationActivities & WatchActivities {
    const split = (share: number) => Promise.resolve({ epoch: (this.epoch += 1), share });
    return {
      openSplit: () => split(0),
      findOpening: () => this.opening(),
      runPreflight: async () => ({
        ok: true,
        checks: [],
        failures: [],
        evidenceHash: 'same',
        epoch: (await split(0)).epoch,
      }),
      shiftTraffic: async ({ share }) => {
        this.advances.push(new Date(await env.currentTimeMs()));
        return split(share);
      },
      lowerTraffic: ({ share }) => split(share),
      commitTraffic: async () => {
        this.advances.push(new Date(await env.currentTimeMs()));
        return split(100_000);
      },
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
      loadPhases: () => Promise.resolve({ phases }),
      endMigration: () => Promise.resolve(),
      recordMigration: ({ run }) => {
        this.progress.push(run);
        return Promise.resolve();
      },
      planMigrationRollback: () => Promise.resolve({ actions: [] }),
      judgePlanChange: () => Promise.reject(new Error('nobody changes the plan')),
      adoptPlan: () => Promise.reject(new Error('nobody changes the plan')),
      executeMigrationAction: () => Promise.resolve(),
    };
  }

  private async opening(): Promise<{ opensAt: string | null; closesAt: string | null }> {
    if (this.calendar === undefined) return { opensAt: null, closesAt: null };
    const now = new Date(await env.currentTimeMs());
    const opening = openingAfter(this.calendar, now);
    if (opening === undefined) throw new Error('It never opens.');
    const { start, end } = opening;
    return { opensAt: start <= now ? null : start.toISOString(), closesAt: end.toISOString() };
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
        args: [{ ...rules, takenOutBefore: [] }],
      });
      await until('the go/no-go to be asked', async () =>
        Promise.resolve(world.notices.some(({ kind }) => kind === 'approvalNeeded') ? true : undefined),
      );
      const askedAt = world.notices.find(({ kind }) => kind === 'approvalNeeded')?.at ?? 0;
      await skipTime(env, DAY);
      expect(world.notices.filter(({ kind }) => kind === 'approvalOverdue')).toHaveLength(0);
      await skipTime(env, 5 * DAY);
      const overdue = world.notices.filter(({ kind }) => kind === 'approvalOverdue');
      expect(overdue).toHaveLength(1);
      expect((overdue[0]?.at ?? 0) - askedAt).toBeGreaterThanOrEqual(2 * DAY - 60_000);
      expect(overdue[0]?.urgency).toBe('page');
      await handle.executeUpdate('abort', { args: [sealed(handle.workflowId, 'abort')] });
      await handle.result();
    });
  }, 120_000);

  it('R8 starts the next phase only when the one before was stable for its dwell', async () => {
    await twoPhases({}, async (migration) => {
      await migration.commits('payment');
      await skipTime(env, 13 * DAY);
      expect(migration.statusOf('providerRouting')).toBeUndefined();
      await skipTime(env, 2 * DAY);
      await migration.waitFor('providerRouting', 'awaitingGoNoGo');
      await migration.says('providerRouting', 'abort');
      expect(await migration.result()).toEqual({
        phases: [
          { phase: 'payment', outcome: 'committed', takenOut: [] },
          { phase: 'providerRouting', outcome: 'takenOut', takenOut: ['everyone'] },
        ],
      });
    });
  }, 120_000);

  it('R8 stops the clock of a dwell while the migration is paused, and waits for the rest of it afterwards', async () => {
    await twoPhases({}, async (migration) => {
      await migration.commits('payment');
      await skipTime(env, 10 * DAY);
      await migration.tells('pause', { reason: 'a doubt' });
      expect(migration.progress()).toMatchObject({ status: 'paused', phase: 'payment', dwellUntil: null });
      await skipTime(env, 30 * DAY);
      expect(migration.statusOf('providerRouting')).toBeUndefined();
      await migration.tells('resume');
      expect(migration.progress()).toMatchObject({ status: 'dwelling', phase: 'payment' });
      await skipTime(env, 3 * DAY);
      expect(migration.statusOf('providerRouting')).toBeUndefined();
      await skipTime(env, 2 * DAY);
      await migration.waitFor('providerRouting', 'awaitingGoNoGo');
      await migration.says('providerRouting', 'abort');
      await migration.result();
    });
  }, 120_000);

  it('R8 counts a dwell anew after a rollback of the migration, and pages whoever does not let it go on', async () => {
    await twoPhases({}, async (migration, world) => {
      await migration.commits('payment');
      await skipTime(env, 10 * DAY);
      await migration.tells('rollback', { scope: 'migration', reason: 'patients wait' });
      await skipTime(env, 3 * DAY);
      const paged = world.notices.filter(({ phase, urgency }) => phase === null && urgency === 'page');
      expect(paged.map(({ kind }) => kind)).toEqual(['migrationRolledBack', 'approvalOverdue']);
      await migration.tells('resume');
      await skipTime(env, 13 * DAY);
      expect(migration.statusOf('providerRouting')).toBeUndefined();
      await skipTime(env, 2 * DAY);
      await migration.waitFor('providerRouting', 'awaitingGoNoGo');
      await migration.says('providerRouting', 'abort');
      await migration.result();
    });
  }, 120_000);

  it('I14 a cohort that a phase ended without is taken out of every later one, by name', async () => {
    const cohorts: PhaseRules['phase']['cohorts'] = [
      { id: 'everyone', when: {} },
      { id: 'existing', when: { visit: ['async'] }, staysOnLegacy: 'They are moved by hand, case by case.' },
    ];
    await twoPhases({ cohorts }, async (migration, world) => {
      await migration.commits('payment');
      await skipTime(env, 15 * DAY);
      await migration.commits('providerRouting');
      expect(await migration.result()).toEqual({
        phases: ['payment', 'providerRouting'].map((phase) => ({
          phase,
          outcome: 'committed',
          takenOut: ['existing'],
        })),
      });
      const said = world.records
        .flatMap(({ phase, run, recorded }) => recorded.map((row) => ({ phase, cohort: run.cohort, ...row })))
        .filter(({ cohort }) => cohort === 'existing');
      expect(said).toEqual([
        expect.objectContaining({
          phase: 'payment',
          action: 'cohort.staysOnLegacy',
          reason: 'They are moved by hand, case by case.',
        }),
        expect.objectContaining({
          phase: 'providerRouting',
          action: 'cohort.takenOutBefore',
          evidence: { earlierPhase: 'payment' },
        }),
      ]);
      const everStood = world.records.filter(({ run }) => run.cohort === 'existing').map(({ run }) => run);
      expect(everStood.every(({ status, share }) => status === 'takenOut' && share === 0)).toBe(true);
    });
  }, 120_000);

  it('a phase in which nobody moves ends without a commit, and no later one starts', async () => {
    const cohorts = [{ id: 'everyone', when: {}, staysOnLegacy: 'They are moved by hand, case by case.' }];
    await twoPhases({ cohorts }, async (migration) => {
      expect(await migration.result()).toEqual({
        phases: [{ phase: 'payment', outcome: 'takenOut', takenOut: ['everyone'] }],
      });
    });
  }, 120_000);
});

describe('R48 a calendar', () => {
  const calendar: PlanCalendar = {
    id: 'release-hours',
    timeZone: 'America/New_York',
    open: [{ id: 'midweek', days: ['tue', 'wed', 'thu'], from: '09:00', to: '15:00' }],
  };

  /** Sleeps until a Friday evening, days before the next opening. */
  async function untilFriday(): Promise<void> {
    const friday = { ...calendar, open: [{ id: 'friday', days: ['fri' as const], from: '20:00', to: '21:00' }] };
    const now = await env.currentTimeMs();
    const evening = nextOpening(friday, new Date(now));
    if (evening !== undefined) await skipTime(env, evening.getTime() - now);
  }

  /** A phase that is asked for its go on a Friday evening. */
  async function onFriday(
    follow: (world: QuietWorld, says: (name: CommandName, more?: object) => Promise<unknown>) => Promise<void>,
  ): Promise<void> {
    const world = new QuietWorld();
    world.calendar = calendar;
    const rules = paymentRules(asked);
    rules.calendar = calendar.id;
    await withWorker(world, [rules], async (taskQueue) => {
      rules.migration = `m-${taskQueue}`;
      const handle = await env.client.workflow.start('paymentPhase', {
        workflowId: phaseWorkflowId(rules.migration, rules.phase.id),
        taskQueue,
        args: [{ ...rules, takenOutBefore: [] }],
      });
      await stands(world, 'awaitingGoNoGo');
      await answered('the wait for Friday', handle, untilFriday());
      await follow(world, (name, more = {}) =>
        answered(name, handle, handle.executeUpdate(name, { args: [{ ...sealed(handle.workflowId, name), ...more }] })),
      );
      await answered('the end', handle, handle.result());
    });
  }

  const stands = (world: QuietWorld, status: string) =>
    until(`everyone to be ${status}`, () =>
      Promise.resolve(world.records.at(-1)?.run.status === status ? true : undefined),
    );

  it('lets nobody through before Tuesday on a go that was given on Friday, and in open hours alone', async () => {
    await onFriday(async (world, says) => {
      await says('approve');
      const opensAt = await until('the wait to be told', () => Promise.resolve(world.records.at(-1)?.run.opensAt));
      expect(world.records.at(-1)?.run).toMatchObject({ status: 'awaitingOpening', share: 0 });
      const HOUR = 3_600_000;
      await skipTime(env, Date.parse(opensAt) - HOUR - (await env.currentTimeMs()));
      expect(world.advances).toEqual([]);
      await skipTime(env, HOUR);
      // Both of its steps, whose watches take no time here.
      await stands(world, 'awaitingCommit');
      expect(world.advances).toHaveLength(2);
      for (const at of world.advances) {
        expect(at.getTime()).toBeGreaterThanOrEqual(Date.parse(opensAt));
        expect(nextOpening(calendar, at)).toEqual(at);
      }
      await says('abort');
    });
  }, 120_000);

  it('keeps nobody from standing a go down on Friday evening', async () => {
    await onFriday(async (world, says) => {
      await says('approve');
      await stands(world, 'awaitingOpening');
      await says('rollback', { scope: 'cohort' });
      await stands(world, 'notReady');
      await skipTime(env, 7 * DAY);
      expect(world.advances).toEqual([]);
      await says('abort');
    });
  }, 120_000);
});

/** What it answers. @throws Error where that takes a minute: with what was asked, and how far the workflow's history went */
async function answered<Answer>(what: string, handle: WorkflowHandle, asked: Promise<Answer>): Promise<Answer> {
  const late = new AbortController();
  const tooLate = delay(60_000, undefined, { signal: late.signal }).then(async () => {
    const { events = [] } = await handle.fetchHistory();
    const last = events?.slice(-12).map(({ eventType }) => temporal.api.enums.v1.EventType[eventType ?? 0]);
    throw new Error(`A minute without an answer: ${what}. The history ends in ${last?.join(', ')}.`);
  });
  tooLate.catch(() => undefined);
  try {
    return await Promise.race([asked, tooLate]);
  } finally {
    late.abort();
  }
}

interface FollowedDays {
  statusOf(phase: string): string | undefined;
  waitFor(phase: string, status: string): Promise<unknown>;
  says(phase: string, name: CommandName): Promise<unknown>;
  tells(name: 'pause' | 'resume' | 'rollback', more?: object): Promise<unknown>;
  commits(phase: string): Promise<void>;
  progress(): MigrationRun | undefined;
  result(): Promise<unknown>;
}

/** Payment with a dwell of 14 days, then provider routing of the same cohorts. */
async function twoPhases(
  { cohorts }: { cohorts?: PhaseRules['phase']['cohorts'] },
  follow: (migration: FollowedDays, world: QuietWorld) => Promise<void>,
): Promise<void> {
  const world = new QuietWorld();
  const payment = paymentRules(asked);
  payment.phase.dwell = 14 * DAY;
  if (cohorts !== undefined) payment.phase.cohorts = cohorts;
  const routing = paymentRules(asked);
  routing.phase = { ...routing.phase, id: 'providerRouting', kind: 'providerRouting' };
  if (cohorts !== undefined) routing.phase.cohorts = cohorts.map(({ id, when }) => ({ id, when }));
  await withWorker(world, [payment, routing], async (taskQueue) => {
    const id = `m-${taskQueue}`;
    const input: MigrationInput = {
      migration: id,
      planHash: payment.planHash,
      timeScale: 1,
      engineVersion: ENGINE_VERSION,
      startedBy: person('starter'),
    };
    for (const rules of [payment, routing]) rules.migration = id;
    await env.client.workflow.start('migration', { workflowId: id, taskQueue, args: [input] });
    const command = (workflowId: string, name: CommandName, more: object = {}) =>
      env.client.workflow
        .getHandle(workflowId)
        .executeUpdate(name, { args: [{ ...sealed(workflowId, name), ...more }] });
    const statusOf = (phase: string) =>
      world.records.filter(({ phase: of, run }) => of === phase && run.cohort === 'everyone').at(-1)?.run.status;
    const waitFor = (phase: string, status: string) =>
      until(`${phase} to be ${status}`, () => Promise.resolve(statusOf(phase) === status ? true : undefined));
    const says = (phase: string, name: CommandName) => command(`${id}.${phase}`, name);
    await follow(
      {
        statusOf,
        waitFor,
        says,
        tells: (name, more) => command(id, name, more),
        commits: async (phase) => {
          await waitFor(phase, 'awaitingGoNoGo');
          await says(phase, 'approve');
          await waitFor(phase, 'awaitingCommit');
          await says(phase, 'approve');
          await waitFor(phase, 'committed');
        },
        progress: () => world.progress.at(-1),
        result: () => env.client.workflow.getHandle(id).result(),
      },
      world,
    );
  });
}
