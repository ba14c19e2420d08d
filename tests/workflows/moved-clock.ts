import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { DateTime } from 'luxon';
import { PlanReader } from '../../activities/plan-reader';
import { clockActivities, type ClockActivities } from '../../activities/queues/clock-activities';
import { planHash } from '../../domain/plan/plan-hash';
import type { Plan } from '../../domain/plan/plan-schema';
import { createLogger } from '../../platform/logger';
import type { ExceptionRequest } from '../../store/exception-act';
import { tellCases } from '../../store/exception-tellings';
import { createMigration } from '../../store/migration-records';
import { savePlan } from '../../store/plans';
import { startClockKeeper } from '../../worker/clock-keeper';
import { quietRuntime } from '../setup/quiet-runtime';
import { createTestDatabase, testTemporalAddress, type TestDatabase } from '../setup/test-database';
import { until } from '../setup/until';

/** A zone without summer time, so that its weeks are alike whenever they are played. */
export const ZONE = 'America/Phoenix';

/** Whatever the test waits for takes a second or two; after that long something hangs. */
const WITHIN_MS = 60_000;
/** Clocks look again so often by Temporal's own timers, which go by the time on the wall. */
const LOOK_EVERY_MS = 400;
/** Of so many answers one is lost: its worker died after it had done what it was asked, and Temporal asks again. */
const LOST_ANSWERS = 3;
const WORKERS = 2;

/** A first moment that lies after now: weeks that begin on the Monday to come. */
export function comingMonday(): DateTime {
  return DateTime.now().setZone(ZONE).startOf('day').plus({ days: 1 }).startOf('week').plus({ weeks: 1 });
}

/**
 * Clocks of cases on a real Postgres, a real Temporal and workers of their own, by a clock that the test moves: from one moment at which there is
 * something to do to the next, never on before all of that was done. So each thing is done at its very moment, however slow the machine is.
 */
export class MovedClock {
  private readonly stops: (() => Promise<void>)[] = [];
  private readonly taskQueue = `weeks-${randomBytes(6).toString('hex')}`;
  private answers = 0;
  /** The last look at each case that came to its end; looks are counted as they begin. */
  private readonly looks = new Map<string, number>();
  private begun = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly client: Client,
    readonly migration: string,
    private plan: Plan,
    private readonly started: DateTime,
    private time: Date,
  ) {}

  /** @param started the first midnight */
  static async start(plan: Plan, started: DateTime): Promise<MovedClock> {
    quietRuntime();
    const database = await createTestDatabase();
    const connection = await Connection.connect({ address: testTemporalAddress() });
    const migration = `weeks-${randomBytes(6).toString('hex')}`;
    const clock = new MovedClock(database, new Client({ connection }), migration, plan, started, started.toJSDate());
    await savePlan(database.db, { hash: planHash(plan), plan, source: '' });
    await createMigration(database.db, {
      ...{ id: migration, planHash: planHash(plan), salt: migration, timeScale: 1, startedBy: 'starter' },
    });
    await clock.startWorkers();
    return clock;
  }

  async stop(): Promise<void> {
    await this.stopWorkers();
    await this.client.connection.close();
    await this.database.drop();
  }

  /** Two, each with a keeper. */
  async startWorkers(): Promise<void> {
    const { db } = this.database;
    for (let count = 0; count < WORKERS; count += 1) {
      const connection = await NativeConnection.connect({ address: testTemporalAddress() });
      const worker = await Worker.create({
        connection,
        taskQueue: this.taskQueue,
        workflowBundle: { codePath: process.env['HANDOFF_TEST_WORKFLOW_BUNDLE'] ?? '' },
        activities: this.activities(),
      });
      const running = worker.run();
      const keeper = startClockKeeper({
        ...{ db, client: this.client, taskQueue: this.taskQueue, logger: createLogger('worker', 'silent') },
        ...{ lookEvery: 50, recallEvery: 50 },
      });
      this.stops.push(async () => {
        await keeper.stop();
        worker.shutdown();
        await running;
        await connection.close();
      });
    }
  }

  /** From now on nobody does anything, until workers are started. */
  async stopWorkers(): Promise<void> {
    await Promise.all(this.stops.splice(0).map((stop) => stop()));
  }

  /** The product's own, but that some answers get lost, and that Temporal's timers wait for a clock that does not go by itself. */
  private activities(): ClockActivities {
    const { db } = this.database;
    const plans = new PlanReader(db);
    const product = clockActivities({ db, planOf: (hash) => plans.plan(hash), now: () => Promise.resolve(this.time) });
    return {
      advanceExceptionClock: async (of) => {
        const look = ++this.begun;
        const { over, nextAt } = await product.advanceExceptionClock(of);
        this.looks.set(of.exception, Math.max(look, this.looks.get(of.exception) ?? 0));
        this.answers += 1;
        if (this.answers % LOST_ANSWERS === 0) throw new Error('The answer was lost.');
        return { over, nextAt: nextAt && new Date(Date.now() + LOOK_EVERY_MS).toISOString() };
      },
    };
  }

  /** A moment as 'week day hour', such as '1 Mon 10:00'. */
  moment(named: string): DateTime {
    for (let at = this.started; at < this.started.plus({ weeks: 3 }); at = at.plus({ hours: 1 }))
      if (this.name(at.toJSDate()) === named) return at;
    throw new Error(`There is no ${named}.`);
  }

  name(at: Date): string {
    const zoned = DateTime.fromJSDate(at, { zone: ZONE });
    const week = Math.floor(zoned.diff(this.started, 'weeks').weeks) + 1;
    return `${week} ${zoned.toFormat('EEE HH:mm', { locale: 'en' })}`;
  }

  /** Lets time pass; where there are workers, they do all that falls into it, each at its moment. */
  async goTo(named: string): Promise<void> {
    const end = this.moment(named).toJSDate();
    if (end < this.time) throw new Error(`${named} is over.`);
    if (this.stops.length > 0) {
      await this.settle();
      for (let next = await this.nextMoment(); next !== null && next <= end; next = await this.nextMoment()) {
        this.time = next;
        await this.settle();
      }
    }
    this.time = end;
    if (this.stops.length > 0) await this.settle();
  }

  /** Until clocks have done all that they had to by now; then whoever is to hear of it is told, by two at once. */
  async settle(): Promise<void> {
    const { db } = this.database;
    await until(
      `clocks have done what they had to by ${this.name(this.time)}`,
      async () => {
        const { rows } = await db.query<{ exception: string }>(
          `SELECT e.id AS exception FROM exception e JOIN migration m ON m.id = e.migration LEFT JOIN exception_clock c ON c.exception = e.id
            WHERE e.migration = $1 AND (e.clock_revision < e.revision OR e.state = 'open' AND (
              c.exception IS NULL OR c.next_at <= $2 OR c.plan_hash IS DISTINCT FROM m.plan_hash))`,
          [this.migration, this.time],
        );
        if (rows.length > 0) throw new Error(`left: ${rows.map(({ exception }) => exception).join(', ')}`);
        return true;
      },
      WITHIN_MS,
    );
    const plans = new PlanReader(db);
    const parts = {
      ...{ planOf: (hash: string) => plans.plan(hash), now: () => Promise.resolve(this.time) },
      ...{ gather: 0, again: 0 },
    };
    await Promise.all([tellCases(db, parts), tellCases(db, parts)]);
  }

  /** When a clock or a team is next to do or to hear something. */
  private async nextMoment(): Promise<Date | null> {
    const { rows } = await this.database.db.query<{ at: Date | null }>(
      `SELECT min(at) AS at FROM (
         SELECT c.next_at AS at FROM exception_clock c JOIN exception e ON e.id = c.exception WHERE e.migration = $1 AND e.state = 'open'
         UNION ALL SELECT tell_at FROM exception_telling WHERE migration = $1 AND outcome IS NULL) moments WHERE at > $2`,
      [this.migration, this.time],
    );
    return rows[0]?.at ?? null;
  }

  /** Opens a case now, as a sweeper does; gives its number. */
  async open(queue: string): Promise<string> {
    const declared = this.plan.queues.find(({ id }) => id === queue);
    const handoff = this.plan.handoffs.find((one) => one.queue === queue);
    if (declared === undefined || handoff === undefined) throw new Error('The plan has no such queue.');
    const { rows } = await this.database.db.query<{ id: string }>(
      `INSERT INTO exception (migration, cause, queue, handoff, phase, journey, subject, owner, opened_at, due_at)
       VALUES ($1, 'handoff:' || gen_random_uuid(), $2, $3, $4, 'epi_x', 'pat_x', $5, $6, $7) RETURNING id`,
      [
        ...[this.migration, queue, handoff.id, handoff.phase, declared.owner, this.time],
        new Date(this.time.getTime() + declared.sla),
      ],
    );
    return rows[0]?.id ?? '';
  }

  /** Until its clock has looked at a case as it is now. */
  async lookedAt(exception: string): Promise<void> {
    const before = this.begun;
    await until(
      `the clock of case ${exception} has looked again`,
      () => (this.looks.get(exception) ?? 0) > before,
      WITHIN_MS,
    );
  }

  /** What is asked of a case. */
  request(exception: string): ExceptionRequest {
    const record = { id: this.migration, planHash: planHash(this.plan), timeScale: 1 };
    return { migration: record, queues: this.plan.queues, exception, actor: 'coordinator' };
  }

  /** The migration takes over another version of its plan. */
  async takeOver(plan: Plan): Promise<void> {
    this.plan = plan;
    const hash = planHash(plan);
    await savePlan(this.database.db, { hash, plan, source: '' });
    await this.database.db.query('UPDATE migration SET plan_hash = $2 WHERE id = $1', [this.migration, hash]);
  }
}
