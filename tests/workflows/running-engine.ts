import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { MigrationRun } from '../../domain/migration/migration-run';
import type { CohortRun } from '../../domain/phase/cohort-run';
import type { CommandAnswer, CommandName, PlanCommandName } from '../../domain/phase/commands';
import { ENGINE_VERSION } from '../../domain/phase/phase-rules';
import { loadPlan } from '../../domain/plan/load-plan';
import { planHash } from '../../domain/plan/plan-hash';
import type { Plan } from '../../domain/plan/plan-schema';
import { createLogger } from '../../platform/logger';
import { createDataConverter } from '../../platform/payload-codec';
import { cohortRunsOf } from '../../store/cohort-runs';
import { createMigration, getMigration } from '../../store/migration-records';
import { savePlan } from '../../store/plans';
import type { WorkerConfiguration } from '../../worker/config';
import { startWorker, type RunningWorker } from '../../worker/run-worker';
import type { MigrationInput } from '../../workflows/input';
import { quietRuntime } from '../setup/quiet-runtime';
import { createTestDatabase, testTemporalAddress, type TestDatabase } from '../setup/test-database';
import { person } from './person';
import { until } from '../setup/until';

export const TEST_PAYLOAD_KEY = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';

/** A day of the plan in a quarter of a second. */
const TIME_SCALE = 345_600;

/** A real worker on a database, a Temporal server and a task queue of the test's own, and what a test says to it. */
export class RunningEngine {
  readonly workers: RunningWorker[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly client: Client,
    private readonly connection: Connection,
    private readonly taskQueue: string,
    private readonly configured: Partial<WorkerConfiguration> & Pick<WorkerConfiguration, 'workflowCache'>,
  ) {}

  /** @param workflowCache 0: every workflow task replays the whole history */
  static async start(workflowCache = 100, configured: Partial<WorkerConfiguration> = {}): Promise<RunningEngine> {
    const database = await createTestDatabase();
    const connection = await Connection.connect({ address: testTemporalAddress() });
    const client = new Client({ connection, dataConverter: createDataConverter(TEST_PAYLOAD_KEY) });
    const engine = new RunningEngine(database, client, connection, `test-${randomBytes(6).toString('hex')}`, {
      workflowCache,
      ...configured,
    });
    await engine.startWorker();
    return engine;
  }

  async startWorker(): Promise<RunningWorker> {
    quietRuntime();
    const worker = await startWorker(
      {
        databaseUrl: this.database.url,
        temporalAddress: testTemporalAddress(),
        temporalNamespace: 'default',
        payloadKey: TEST_PAYLOAD_KEY,
        taskQueue: this.taskQueue,
        logLevel: 'silent',
        host: '127.0.0.1',
        metricsPort: 0,
        workflowBundle: bundlePath(),
        watchTick: 40,
        sweepTick: 50,
        watchSlots: 100,
        ...this.configured,
      },
      createLogger('worker', 'silent'),
    );
    this.workers.push(worker);
    return worker;
  }

  async stopWorkers(): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => worker.stop()));
  }

  async stop(): Promise<void> {
    await this.stopWorkers();
    await this.connection.close();
    await this.database.drop();
  }

  /** Starts a migration from the fixture plan, as changed. */
  async migrate(change: (plan: Plan) => void = () => undefined): Promise<RunningMigration> {
    const { plan } = loadPlan(readFileSync(join(__dirname, '..', 'fixtures', 'plans', 'payment.yaml'), 'utf8'));
    change(plan);
    const id = `m-${randomBytes(6).toString('hex')}`;
    const hash = planHash(plan);
    await savePlan(this.database.db, { hash, plan, source: '' });
    await createMigration(this.database.db, {
      id,
      planHash: hash,
      salt: id,
      timeScale: TIME_SCALE,
      startedBy: 'starter',
    });
    const input: MigrationInput = {
      migration: id,
      planHash: hash,
      timeScale: TIME_SCALE,
      engineVersion: ENGINE_VERSION,
      startedBy: person('starter'),
    };
    await this.client.workflow.start('migration', { workflowId: id, taskQueue: this.taskQueue, args: [input] });
    return new RunningMigration(this, id, plan);
  }
}

interface Audited {
  actor: string;
  verified: boolean;
  reason: string | null;
  planHash: string | null;
  evidence: unknown;
}

/** One migration of one phase, as a test follows it. */
export class RunningMigration {
  constructor(
    private readonly engine: RunningEngine,
    readonly id: string,
    readonly plan: Plan,
  ) {}

  get workflowId(): string {
    return `${this.id}.payment`;
  }

  async run(cohort = 'everyone', phase = 'payment'): Promise<CohortRun | undefined> {
    const runs = await cohortRunsOf(this.engine.database.db, this.id);
    return runs.find((row) => row.phase === phase && row.run.cohort === cohort)?.run;
  }

  async reaches(status: CohortRun['status'], cohort = 'everyone', phase = 'payment'): Promise<CohortRun> {
    return until(`${cohort} to be ${status}`, async () => {
      const run = await this.run(cohort, phase);
      return run?.status === status ? run : undefined;
    });
  }

  async says(name: CommandName, actor = 'one', more: object = {}, phase = 'payment'): Promise<CommandAnswer> {
    return this.commands(`${this.id}.${phase}`, name, actor, more);
  }

  /** To the migration as a whole. */
  async tells(name: 'pause' | 'resume' | 'rollback', actor = 'one', more: object = {}): Promise<CommandAnswer> {
    return this.commands(this.id, name, actor, more);
  }

  /** Stores another version of the plan; gives its hash. */
  async version(change: (plan: Plan) => void): Promise<string> {
    const plan = structuredClone(this.plan);
    change(plan);
    const hash = planHash(plan);
    await savePlan(this.engine.database.db, { hash, plan, source: '' });
    return hash;
  }

  /** Says something of its plan, as the API would. */
  async plans(
    name: PlanCommandName,
    actor: string,
    command: { planHash: string; base?: string; reason?: string },
  ): Promise<CommandAnswer> {
    return this.commands(this.id, name, actor, command);
  }

  /** The version in force, as everyone reads it who reads Postgres. */
  async planInForce(): Promise<string> {
    return (await getMigration(this.engine.database.db, this.id))?.planHash ?? '';
  }

  async progress(): Promise<MigrationRun | null | undefined> {
    return (await getMigration(this.engine.database.db, this.id))?.progress;
  }

  private async commands(
    workflowId: string,
    name: CommandName | PlanCommandName,
    actor: string,
    more: object,
  ): Promise<CommandAnswer> {
    const handle = this.engine.client.workflow.getHandle(workflowId);
    const seal = { workflowId, name, nonce: randomBytes(8).toString('hex') };
    return handle.executeUpdate<CommandAnswer, [object]>(name, { args: [{ actor: person(actor), seal, ...more }] });
  }

  /** What an engineer with nothing but the Temporal CLI sends: a payload that nobody encrypted. */
  async signals(name: string, payload: object, workflowId = this.workflowId): Promise<void> {
    const plain = new Client({ connection: this.engine.client.connection });
    await plain.workflow.getHandle(workflowId).signal(name, payload);
  }

  async approvedToStart(): Promise<void> {
    await this.reaches('awaitingGoNoGo');
    await this.says('approve', 'one');
    await this.says('approve', 'two');
  }

  /** Handoff outcomes of patients of this cohort, as the sweeper would have written them under the current epoch. */
  async outcomes(
    side: 'legacy' | 'target',
    kept: number,
    missed: number,
    cohort = 'everyone',
    phase = 'payment',
  ): Promise<void> {
    const declared = this.plan.phases.find(({ id }) => id === phase);
    for (const handoff of new Set(declared?.gates.map((gate) => gate.handoff))) {
      await this.engine.database.db.query(
        `INSERT INTO handoff_occurrence (migration, handoff, journey, ordinal, subject, phase, cohort, from_side, to_side, epoch, started_at,
           deadline_at, outcome, ended_at, final, finalized_at)
         SELECT $1, $2, 'ep_' || gen_random_uuid(), 0, 'pt_x', $7, $3, $4, $4, split.epoch, now(), now(),
           CASE WHEN n <= $5::int THEN 'kept' ELSE 'missed' END, now(), true, clock_timestamp()
         FROM split, generate_series(1, $5::int + $6::int) AS n WHERE split.migration = $1 AND split.phase = $7 AND split.cohort = $3`,
        [this.id, handoff, cohort, side, kept, missed, phase],
      );
    }
  }

  /** Approved to start, ramped on good outcomes and committed. */
  async commits(phase = 'payment', cohort = 'everyone'): Promise<void> {
    await this.reaches('awaitingGoNoGo', cohort, phase);
    await this.says('approve', 'one', {}, phase);
    await this.says('approve', 'two', {}, phase);
    await until('the ramp to end', async () => {
      const run = await this.run(cohort, phase);
      if (run?.status === 'awaitingCommit') return true;
      if (run !== undefined && run.share > 0) await this.outcomes('target', 5, 0, cohort, phase);
      return undefined;
    });
    await this.says('approve', 'one', {}, phase);
    await this.reaches('committed', cohort, phase);
  }

  async split(cohort = 'everyone', phase = 'payment'): Promise<{ share: number; epoch: number; mode: string }> {
    const { rows } = await this.engine.database.db.query<{ share: number; epoch: string; mode: string }>(
      `SELECT share, epoch, mode FROM split WHERE migration = $1 AND phase = $3 AND cohort = $2`,
      [this.id, cohort, phase],
    );
    const row = rows[0];
    if (row === undefined) throw new Error('There is no such split.');
    return { share: row.share, epoch: Number(row.epoch), mode: row.mode };
  }

  async audited(action: string): Promise<{ actor: string; verified: boolean; reason: string | null }[]> {
    return (await this.auditRows(action)).map(({ actor, verified, reason }) => ({ actor, verified, reason }));
  }

  /** The same, with the version of the plan that each was done by, and what it rests on. */
  async auditRows(action: string): Promise<Audited[]> {
    const { rows } = await this.engine.database.db.query<Audited>(
      `SELECT actor, verified, reason, plan_hash AS "planHash", evidence FROM audit WHERE migration = $1 AND action = $2 ORDER BY id`,
      [this.id, action],
    );
    return rows;
  }
}

/** One cohort that takes everyone, steps of 10, 25 and 100 percent, and gates that a handful of outcomes decide. */
export function small(plan: Plan): void {
  const phase = plan.phases[0];
  if (phase === undefined) throw new Error('The fixture plan has no phase.');
  const day = 86_400_000;
  phase.cohorts = [{ id: 'everyone', when: {} }];
  phase.ramp = [
    { share: 10_000, watch: day },
    { share: 25_000, watch: day },
    { share: 100_000, watch: day },
  ];
  phase.soak = day;
  phase.dwell = day;
  phase.gates = phase.gates.filter((gate) => gate.rule.kind === 'floor').slice(0, 1);
  for (const gate of phase.gates) gate.rule = { kind: 'floor', atLeast: 0.9, minimumOutcomes: 5 };
  plan.rollbackRules = plan.rollbackRules.filter((rule) => phase.gates.some((gate) => gate.id === rule.gate));
  for (const rule of plan.rollbackRules) rule.action = { kind: 'rollback', scope: 'phase' };
  for (const kind of ['goOn', 'commit'] as const)
    phase.approvals[kind] = { ...phase.approvals[kind], count: 1, fourEyes: false };
  phase.approvals.goNoGo = { ...phase.approvals.goNoGo, count: 2, roles: ['release-manager'], fourEyes: true };
}

/** The phase of `small`, and the same once more under another name: the second waits for the first. */
export function smallTwice(plan: Plan): void {
  small(plan);
  const [payment] = plan.phases;
  if (payment === undefined) throw new Error('The fixture plan has no phase.');
  payment.dwell = 0;
  // Another part of the journey has other handoffs of its own.
  const routing = { ...structuredClone(payment), id: 'provider-routing', kind: 'custom' as const };
  plan.phases.push(routing);
  plan.handoffs.push(...plan.handoffs.map((handoff) => ({ ...handoff, id: `${handoff.id}-2`, phase: routing.id })));
  for (const gate of routing.gates) gate.handoff = `${gate.handoff}-2`;
  plan.rollbackRules.push(
    ...plan.rollbackRules.map((rule) => ({ ...structuredClone(rule), id: `${rule.id}-2`, phase: routing.id })),
  );
}

function bundlePath(): string {
  const path = process.env['HANDOFF_TEST_WORKFLOW_BUNDLE'];
  if (path === undefined) throw new Error('Run this through jest, whose global setup bundles the workflows.');
  return path;
}
