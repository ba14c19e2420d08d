import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { createMetricsRegistry } from '../../../platform/metrics';
import { createSplit } from '../../../store/splits';
import { createWorkerMetrics } from '../../../worker/metrics';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { OTHERS, PAYMENT, runOut, startMigration } from '../sides/started-migration';

const SUBJECT = 'pat_00000000-0000-4000-8000-000000000001';

describe("a worker's /metrics", () => {
  let database: TestDatabase;
  let migration: string;
  let text: () => Promise<string>;

  beforeEach(async () => {
    database = await createTestDatabase();
    const { db } = database;
    migration = await startMigration(db);
    for (const key of [PAYMENT, OTHERS]) await createSplit(db, { migration, ...key, lease: 60_000 });
    const metrics = createWorkerMetrics(createMetricsRegistry('worker'), db);
    text = () => metrics.registry.metrics();
  });
  afterEach(() => database.drop());

  const raise = async (key: typeof PAYMENT | typeof OTHERS): Promise<void> => {
    await new PostgresTrafficRouter(database.db).write({
      ...{ migration, ...key, expectedEpoch: 1, share: 25_000, perDay: null },
      ...{ mode: 'open', lease: 60_000, cause: 'raised' },
    });
  };
  const shareOf = async (cohort: string): Promise<string | undefined> =>
    new RegExp(`^handoff_split_share_ratio\\{[^}]*cohort="${cohort}"[^}]*\\} (.*)$`, 'm').exec(await text())?.[1];

  it('shows what target really takes: nothing where the lease has run out, though nobody wrote that down yet', async () => {
    await raise(PAYMENT);
    await raise(OTHERS);
    await runOut(database.db, { migration, ...OTHERS });
    expect(await shareOf(PAYMENT.cohort)).toBe('0.25');
    expect(await shareOf(OTHERS.cohort)).toBe('0');
  });

  it('forgets a migration that has ended', async () => {
    await raise(PAYMENT);
    expect(await shareOf(PAYMENT.cohort)).toBe('0.25');
    await database.db.query(`UPDATE migration SET state = 'ended', ended_at = clock_timestamp()`);
    expect(await shareOf(PAYMENT.cohort)).toBeUndefined();
  });

  it('R31 counts leaks by queue, and shows no key of a patient', async () => {
    await database.db.query(
      `INSERT INTO ticket (migration, queue, source, id, journey, subject, at, judge_at, judged_at)
       SELECT $1, 'payment-not-routed', '/support', 'ticket-' || n, 'epi_' || n, $2, clock_timestamp(), clock_timestamp(),
              CASE WHEN n <= 2 THEN clock_timestamp() END
         FROM generate_series(1, 3) AS n`,
      [migration, SUBJECT],
    );
    const shown = await text();
    expect(/^handoff_ticket_leaks\{[^}]*queue="payment-not-routed"[^}]*\} (.*)$/m.exec(shown)?.[1]).toBe('2');
    expect(shown).not.toMatch(/pat_|epi_/);
  });

  it('R30 counts missing commands that no system has taken yet', async () => {
    await database.db.query(
      `WITH cases AS (
         INSERT INTO exception (migration, cause, queue, journey, subject, owner, due_at)
         SELECT $1, 'handoff:' || n, 'payment-not-routed', 'epi_' || n, $2, 'care-coordination', clock_timestamp() FROM generate_series(1, 3) AS n
         RETURNING id, journey)
       INSERT INTO redrive (key, migration, exception, cause, system, side, command, body, units, reason, asked_by, plan_hash, state, ended_at)
       SELECT gen_random_uuid(), $1, id, 'x', 'routing', 'legacy', 'review.assign', '{}', '{}', 'never-arrived', 'engineer-1', 'hash',
              CASE WHEN journey = 'epi_1' THEN 'sent' ELSE 'waiting' END, CASE WHEN journey = 'epi_1' THEN clock_timestamp() END FROM cases`,
      [migration, SUBJECT],
    );
    expect(/^handoff_redrives_waiting(?:\{[^}]*\})? (.*)$/m.exec(await text())?.[1]).toBe('2');
  });

  it('I15 counts open exceptions by queue, and shows no key of a patient', async () => {
    await database.db.query(
      `INSERT INTO exception (migration, cause, queue, journey, subject, owner, due_at, state, resolved_at, resolved_by, evidence)
       SELECT $1, 'handoff:' || n, 'payment-not-routed', 'epi_' || n, $2, 'care-coordination', clock_timestamp(),
              CASE WHEN n <= 3 THEN 'open' ELSE 'resolved' END, CASE WHEN n > 3 THEN clock_timestamp() END, CASE WHEN n > 3 THEN 'engineer-1' END,
              CASE WHEN n > 3 THEN '[{"step": 1, "reference": "charge-1"}]'::jsonb END
         FROM generate_series(1, 5) AS n`,
      [migration, SUBJECT],
    );
    const shown = await text();
    expect(/^handoff_exceptions_open\{[^}]*queue="payment-not-routed"[^}]*\} (.*)$/m.exec(shown)?.[1]).toBe('3');
    expect(shown).not.toMatch(/pat_|epi_/);
  });
});
