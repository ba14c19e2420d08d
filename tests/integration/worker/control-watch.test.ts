import pino from 'pino';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { newCohortRun } from '../../../domain/phase/cohort-run';
import { saveCohortRun } from '../../../store/cohort-runs';
import { readLastWhole } from '../../../store/control-check';
import { Database } from '../../../store/database';
import { createSplit } from '../../../store/splits';
import { type ControlFinding, startControlWatch } from '../../../worker/control/control-watch';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { PAYMENT, runOut, startMigration } from '../sides/started-migration';

const LEASE = 60_000;

describe('what keeps control from being whole', () => {
  let database: TestDatabase;
  let key: { migration: string; phase: string; cohort: string };

  beforeEach(async () => {
    database = await createTestDatabase();
    key = { migration: await startMigration(database.db), ...PAYMENT };
    await createSplit(database.db, { ...key, lease: LEASE });
  });
  afterEach(() => database.drop());

  const raise = (): Promise<unknown> =>
    new PostgresTrafficRouter(database.db).write({
      ...{ ...key, expectedEpoch: 1, share: 25_000, perDay: null },
      ...{ mode: 'open', lease: LEASE, cause: 'raised' },
    });

  /** What one look finds. Temporal answered just now, unless told otherwise. */
  async function look({ db = database.db, answeredAt = new Date(), polling = true } = {}): Promise<ControlFinding> {
    let found: ControlFinding | undefined;
    const watch = startControlWatch({
      ...{ db, control: { provenAt: () => answeredAt }, polling: () => polling, every: 10 },
      logger: pino({ level: 'silent' }),
      onLook: (finding) => {
        found ??= finding;
        return Promise.resolve();
      },
    });
    const finding = await until('a look', () => found);
    await watch.stop();
    return finding;
  }
  const gaps = async (): Promise<readonly string[]> => (await look()).gaps;

  it('nothing, where no split is above zero: an idle system is whole, and says when it was', async () => {
    expect(await readLastWhole(database.db)).toBeUndefined();
    expect(await look()).toEqual({ gaps: [], wholeAgo: 0 });
    expect(await readLastWhole(database.db)).toBeInstanceOf(Date);
  });

  it('I4 a split above zero: first when most of its lease has gone without a renewal, then when it is over', async () => {
    await raise();
    expect(await gaps()).toEqual([]);
    await runOut(database.db, key, -LEASE / 4);
    expect(await gaps()).toEqual(['leaseRunningOut']);
    await runOut(database.db, key);
    expect(await gaps()).toEqual(['unattended']);
  });

  it('not one of a migration that has ended', async () => {
    await raise();
    await runOut(database.db, key);
    await database.db.query(`UPDATE migration SET state = 'ended', ended_at = clock_timestamp()`);
    expect(await gaps()).toEqual([]);
  });

  it('a step that is to be watched and is not', async () => {
    await raise();
    const run = { ...newCohortRun(key.cohort, new Date().toISOString()), status: 'watching' as const, step: 0 };
    await saveCohortRun(database.db, key, run);
    expect(await gaps()).toEqual([]);
    await database.db.query(`UPDATE cohort_run SET changed_at = clock_timestamp() - interval '50 seconds'`);
    expect(await gaps()).toEqual(['watches']);
    await database.db.query(
      `INSERT INTO watch (migration, phase, cohort, attempt, step, last_seen_at) VALUES ($1, $2, $3, 0, 0, clock_timestamp())`,
      [key.migration, key.phase, key.cohort],
    );
    expect(await gaps()).toEqual([]);
  });

  it('journeys that no sweeper has matched for so long that gates hold', async () => {
    await database.db.query(
      `INSERT INTO journey (migration, id, subject, first_at, last_at, due_at)
       VALUES ($1, 'epi_late', 'pat_late', clock_timestamp(), clock_timestamp(), clock_timestamp() - interval '31 seconds')`,
      [key.migration],
    );
    expect(await gaps()).toEqual(['sweeper']);
  });

  it('Temporal, where its last answer is old; this worker, where it takes up nothing', async () => {
    const found = await look({ answeredAt: new Date(Date.now() - 60_000), polling: false });
    expect(found.gaps).toEqual(['worker', 'temporal']);
  });

  it('a Postgres that answers but takes no write, as a standby does', async () => {
    const standby = new URL(database.url);
    standby.searchParams.set('options', '-c default_transaction_read_only=on');
    const db = Database.connect({ url: standby.href, applicationName: 'test' });
    expect(await look({ db })).toEqual({ gaps: ['postgres'], wholeAgo: undefined });
    await db.close();
  });

  it('a Postgres that takes longer than people can wait', async () => {
    const blocker = await holdTheRow(database.url);
    const watch = startControlWatch({
      ...{ db: database.db, control: { provenAt: () => new Date() }, polling: () => true, every: 10, within: 200 },
      logger: pino({ level: 'silent' }),
    });
    await until('a look without an answer', () => watch.latest()?.gaps.includes('postgres'));
    await blocker.letGo();
    await until('a look that is whole', () => watch.latest()?.gaps.length === 0);
    await watch.stop();
  });
});

/** As a worker does that was stopped in the middle of its write. */
async function holdTheRow(url: string): Promise<{ letGo: () => Promise<void> }> {
  const db = Database.connect({ url, applicationName: 'test' });
  let letGo = (): void => undefined;
  let transaction: Promise<void> = Promise.resolve();
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await new Promise<void>((taken) => {
    transaction = db.transaction(async (connection) => {
      await connection.query('SELECT FROM control_check FOR UPDATE');
      taken();
      await held;
    });
  });
  return {
    letGo: async () => {
      letGo();
      await transaction;
      await db.close();
    },
  };
}
