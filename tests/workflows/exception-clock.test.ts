import { WorkflowNotFoundError } from '@temporalio/client';
import { exceptionClockId } from '../../domain/migration/exception-clock';
import { reopenException, resolveException } from '../../store/exception-actions';
import type { ExceptionMark } from '../../domain/status/exception-page';
import { readMarks } from '../../store/exception-clocks';
import { until } from '../setup/until';
import { dueIn, evidenceFor, markedToTheEnd, openCases, QUEUE, requestOn } from './open-cases';
import { RunningEngine, type RunningMigration } from './running-engine';

const DAY = 86_400_000;

let engine: RunningEngine;
beforeAll(async () => {
  engine = await RunningEngine.start();
});
afterAll(() => engine.stop());
afterEach(async () => {
  if (engine.workers.length === 0) await engine.startWorker();
});

function marks(exception: string): Promise<ExceptionMark[]> {
  return readMarks(engine.database.db, exception);
}

const IN_ORDER = [
  ['opened', 'care-coordination'],
  ['warned', 'care-coordination'],
  ['overdue', 'care-coordination'],
  ['escalated', 'support-leads'],
  ['escalated', 'clinical-leads'],
];

function shown(done: readonly ExceptionMark[]): string[][] {
  return done.map(({ kind, team }) => [kind, team]);
}

async function status(migration: RunningMigration, exception: string): Promise<string> {
  const { status: found } = await engine.client.workflow
    .getHandle(exceptionClockId(migration.id, exception))
    .describe();
  return found.name;
}

describe('R30, I8 the clock of a case', () => {
  it('warns, tells that it is overdue, and tells the others, each once, in order, with an audit row', async () => {
    const migration = await engine.migrate(dueIn(4));
    const [exception = ''] = await openCases(engine, migration, 1);
    const done = await markedToTheEnd(engine, exception);
    expect(shown(done)).toEqual(IN_ORDER);
    for (const { dueAt, doneAt } of done) expect(Date.parse(doneAt)).toBeGreaterThanOrEqual(Date.parse(dueAt));
    for (const [action, count] of [
      ['exception.warned', 1],
      ['exception.overdue', 1],
      ['exception.escalated', 2],
    ] as const) {
      const rows = await migration.auditRows(action);
      expect(rows).toHaveLength(count);
      for (const row of rows)
        expect(row).toMatchObject({ actor: 'system:clock', evidence: { exception, queue: QUEUE } });
    }
    // Until somebody resolves it.
    expect(await status(migration, exception)).toBe('RUNNING');
  });

  it('ends when the case is resolved, and says nothing after that', async () => {
    const migration = await engine.migrate(dueIn(400));
    const [exception = ''] = await openCases(engine, migration, 1);
    await until('its clock to run', async () => (await marks(exception)).length === 1);
    await resolveException(engine.database.db, requestOn(migration, exception), evidenceFor(migration));
    await until('its clock to end', async () => (await status(migration, exception)) === 'COMPLETED');
    expect(shown(await marks(exception))).toEqual(IN_ORDER.slice(0, 1));
  });

  it('runs anew, from the beginning, when the case is opened again', async () => {
    const migration = await engine.migrate(dueIn(4));
    const [exception = ''] = await openCases(engine, migration, 1);
    await markedToTheEnd(engine, exception);
    await resolveException(engine.database.db, requestOn(migration, exception), evidenceFor(migration));
    await until('its clock to end', async () => (await status(migration, exception)) === 'COMPLETED');
    await reopenException(engine.database.db, requestOn(migration, exception), 'It was not.');
    expect(shown(await markedToTheEnd(engine, exception, 1))).toEqual(IN_ORDER);
    expect(await marks(exception)).toHaveLength(2 * IN_ORDER.length);
  });

  it('goes by the new time when the case is due at another', async () => {
    const migration = await engine.migrate(dueIn(400));
    const [exception = ''] = await openCases(engine, migration, 1);
    await until('its clock to run', async () => (await marks(exception)).length === 1);
    await engine.database.db.query('UPDATE exception SET due_at = clock_timestamp() WHERE id = $1', [exception]);
    expect(shown(await markedToTheEnd(engine, exception))).toEqual(IN_ORDER);
  });

  it('does what it had to while every worker was away, in order and once, and leaves the late warning unsaid', async () => {
    const migration = await engine.migrate(dueIn(4));
    await engine.stopWorkers();
    const exceptions = await openCases(engine, migration, 3);
    const { db } = engine.database;
    await db.query(`UPDATE exception SET due_at = clock_timestamp() - interval '1 minute' WHERE migration = $1`, [
      migration.id,
    ]);
    await Promise.all([engine.startWorker(), engine.startWorker()]);
    for (const exception of exceptions) {
      const done = await markedToTheEnd(engine, exception);
      expect(shown(done)).toEqual(IN_ORDER);
      expect(done.map(({ told }) => told)).toEqual([true, false, true, true, true]);
    }
    await engine.stopWorkers();
  });

  it('does each thing once for each of many cases, with two workers of which one goes in the middle', async () => {
    const second = await engine.startWorker();
    const migration = await engine.migrate(dueIn(8));
    const exceptions = await openCases(engine, migration, 40);
    const { db } = engine.database;
    const countMarks = async (): Promise<number> => {
      const { rows } = await db.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM exception_mark k JOIN exception e ON e.id = k.exception WHERE e.migration = $1`,
        [migration.id],
      );
      return rows[0]?.count ?? 0;
    };
    await until('some to be marked', async () => (await countMarks()) > 40);
    engine.workers.splice(engine.workers.indexOf(second), 1);
    await second.stop();
    // Told again and again, as after every change of a case.
    await db.query(`UPDATE exception SET clock_revision = -1 WHERE migration = $1`, [migration.id]);
    await until('all to be marked', async () => (await countMarks()) >= exceptions.length * IN_ORDER.length, 150_000);
    for (const exception of exceptions) expect(shown(await marks(exception))).toEqual(IN_ORDER);
    expect(await countMarks()).toBe(exceptions.length * IN_ORDER.length);
    expect(await migration.auditRows('exception.escalated')).toHaveLength(2 * exceptions.length);
  }, 200_000);

  it('comes back when its workflow was ended by hand', async () => {
    const migration = await engine.migrate(dueIn(400));
    const [exception = ''] = await openCases(engine, migration, 1);
    await until('its clock to run', async () => (await marks(exception)).length === 1);
    await engine.client.workflow.getHandle(exceptionClockId(migration.id, exception)).terminate();
    // As if its time had come while nobody looked.
    await engine.database.db.query(
      `UPDATE exception_clock SET next_at = clock_timestamp() - interval '2 minutes' WHERE exception = $1`,
      [exception],
    );
    await until('its clock to run again', async () => (await status(migration, exception)) === 'RUNNING');
  });

  it('goes by the version of the plan that its migration takes over', async () => {
    const migration = await engine.migrate(dueIn(400));
    const [exception = ''] = await openCases(engine, migration, 1);
    await until('its clock to run', async () => (await marks(exception)).length === 1);
    const hash = await migration.version((plan) => {
      for (const queue of plan.queues) queue.sla = 800 * DAY;
    });
    await engine.database.db.query('UPDATE migration SET plan_hash = $2 WHERE id = $1', [migration.id, hash]);
    const goesBy = async (): Promise<string | undefined> => {
      const { rows } = await engine.database.db.query<{ planHash: string }>(
        `SELECT plan_hash AS "planHash" FROM exception_clock WHERE exception = $1`,
        [exception],
      );
      return rows[0]?.planHash;
    };
    await until('its clock to go by it', async () => (await goesBy()) === hash);
  });

  it('needs none where the case was resolved before anybody came to start it', async () => {
    const migration = await engine.migrate(dueIn(4));
    await engine.stopWorkers();
    const [exception = ''] = await openCases(engine, migration, 1);
    await resolveException(engine.database.db, requestOn(migration, exception), evidenceFor(migration));
    await engine.startWorker();
    await until('its clock to be settled', async () => {
      const { rows } = await engine.database.db.query<{ settled: boolean }>(
        'SELECT clock_revision = revision AS settled FROM exception WHERE id = $1',
        [exception],
      );
      return rows[0]?.settled;
    });
    await expect(status(migration, exception)).rejects.toThrow(WorkflowNotFoundError);
    expect(await marks(exception)).toEqual([]);
  });

  it('I15 leaves nothing of a patient in Temporal: the number of the case, and the times', async () => {
    const migration = await engine.migrate(dueIn(4));
    const [exception = ''] = await openCases(engine, migration, 1);
    await markedToTheEnd(engine, exception);
    const history = await engine.client.workflow.getHandle(exceptionClockId(migration.id, exception)).fetchHistory();
    expect(JSON.stringify(history)).not.toMatch(/pat_x|epi_x/);
  });
});
