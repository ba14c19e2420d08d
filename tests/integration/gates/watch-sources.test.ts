import { MockActivityEnvironment } from '@temporalio/testing';
import { GateFigures } from '../../../activities/gates/gate-figures';
import { HandoffMetricSource } from '../../../activities/gates/handoff-metric-source';
import type { OutcomeSource } from '../../../activities/gates/outcome-source';
import { PromptFigures } from '../../../activities/gates/prompt-figures';
import { readGates } from '../../../activities/gates/read-gates';
import { watchActivities } from '../../../activities/gates/watch-step';
import type { Notice } from '../../../activities/notify/notifier';
import type { WatchStep } from '../../../activities/phase-activities';
import { PlanReader } from '../../../activities/plan-reader';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import type { OutcomeAnswer } from '../../../domain/metrics/outcome-answer';
import { loadPlan } from '../../../domain/plan/load-plan';
import { databaseNow } from '../../../store/database-clock';
import { createSplit, lapseExpiredSplits, readLapse, readSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { PAYMENT, PLAN_TEXT, startMigration } from '../sides/started-migration';

/** The payment plan, each of its three gates on the figures of a report. */
const PLAN = PLAN_TEXT.replace(
  /^ {8}rule: \{ kind: (floor|comparison), .*\}$/gm,
  (rule) => `${rule}
        source:
          kind: http
          connection: reports
          path: /outcomes
          target: { kept: target.kept, total: target.seen }
          legacy: { kept: legacy.kept, total: legacy.seen }`,
);
const LEASE = 60_000;
const HOUR = 3_600_000;

let database: TestDatabase;
let started = 0;
let key: { migration: string; phase: string; cohort: string };
let notices: Notice[];
let looks: number;
let running: { environment: MockActivityEnvironment; ended: Promise<unknown> }[];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  const { db } = database;
  key = { migration: await startMigration(db, { id: `reported-${(started += 1)}`, planText: PLAN }), ...PAYMENT };
  await createSplit(db, { ...key, lease: LEASE });
  await new PostgresTrafficRouter(db).write({
    ...{ ...key, expectedEpoch: 1, share: 10_000, perDay: null, mode: 'open', lease: LEASE, cause: 'raised' },
  });
  notices = [];
  looks = 0;
  running = [];
});
afterEach(async () => {
  for (const { environment } of running) environment.cancel();
  await Promise.all(running.map(({ ended }) => ended));
});

/** Watches a step whose gates read this source; what becomes of it. */
function watch(source: OutcomeSource | undefined, step: Partial<WatchStep> = {}): Promise<unknown> {
  const { db } = database;
  const environment = new MockActivityEnvironment();
  const figures = new GateFigures({ db, handoffs: new HandoffMetricSource(db), find: () => source });
  const activities = watchActivities({
    ...{ db, router: new PostgresTrafficRouter(db), plans: new PlanReader(db), tick: 5 },
    readGates: readGates(db, new PromptFigures(figures)),
    control: { provenAt: () => new Date(8.64e15) },
    tell: (notice) => {
      notices.push(notice);
      return Promise.resolve();
    },
    lapsedFor: async (of, epoch) => (await readLapse(db, of, epoch))?.lapsedFor,
    recordLapses: () => lapseExpiredSplits(db),
    stopping: new AbortController().signal,
    onLook: () => (looks += 1),
  });
  const { hash } = loadPlan(PLAN);
  const what: WatchStep = {
    ...{ ...key, planHash: hash, epoch: 2, attempt: 1, step: 0, watchMs: HOUR, until: 'stepDone', timeScale: 1 },
    ...step,
  };
  const ended = environment.run((of: WatchStep) => activities.watchStep(of), what).catch((error: unknown) => error);
  running.push({ environment, ended });
  return ended;
}

const says = (target: [number, number], legacy: [number, number]): OutcomeAnswer => ({
  kind: 'outcomes',
  target: { kept: target[0], missed: target[1] },
  legacy: { kept: legacy[0], missed: legacy[1] },
  newestAt: new Date('2026-11-01T12:00:00Z'),
});
const always = (answer: OutcomeAnswer): OutcomeSource => ({ count: () => Promise.resolve(answer) });

async function verdicts(): Promise<unknown[]> {
  const { rows } = await database.db.query<{ verdict: string }>(
    'SELECT verdict FROM gate_evidence WHERE migration = $1 ORDER BY gate',
    [key.migration],
  );
  return rows.map(({ verdict }) => verdict);
}

async function moreLooks(count: number): Promise<void> {
  const enough = looks + count;
  await until(`${count} looks`, () => looks >= enough);
}

describe('a step whose gates have a source of their own', () => {
  it('is done on what the source says, though no handoff of the migration ever started', async () => {
    await expect(watch(always(says([95, 5], [94, 6])), { watchMs: 0 })).resolves.toMatchObject({ kind: 'stepDone' });
    expect(await verdicts()).toEqual(['pass', 'pass', 'pass']);
  });

  it('crosses its limit on what the source says', async () => {
    await expect(watch(always(says([10, 30], [94, 6])))).resolves.toMatchObject({
      kind: 'limitCrossed',
      newestAt: '2026-11-01T12:00:00.000Z',
      message: expect.stringContaining('kept 0.25'),
    });
  });

  it.each([
    ['has no data', always({ kind: 'noData', message: 'It gives no row for target.' }), 'noData'],
    ['fails', always({ kind: 'sourceError', message: 'It could not be reached.' }), 'sourceError'],
    ['is not configured', undefined, 'sourceError'],
    ['counts none', always(says([0, 0], [0, 0])), 'insufficient'],
    ['breaks its word and throws', { count: () => Promise.reject(new Error('as none does')) }, 'sourceError'],
  ] as const)('goes on being watched where it %s, and nobody is moved (G7)', async (_, source, verdict) => {
    void watch(source, { watchMs: 0 });
    await moreLooks(5);
    expect(await verdicts()).toEqual([verdict, verdict, verdict]);
    await expect(readSplit(database.db, key)).resolves.toMatchObject({ epoch: 2, share: 10_000 });
  });

  it('goes on being watched where the source takes back what it had counted, and nobody is moved (G7)', async () => {
    let kept = 95;
    void watch({ count: () => Promise.resolve(says([kept, 5], [kept, 6])) });
    await moreLooks(3);
    expect(await verdicts()).toEqual(['pass', 'pass', 'pass']);
    kept = 0;
    // A source is asked again after some seconds.
    await until('the errors', async () => (await verdicts()).every((verdict) => verdict === 'sourceError'));
    const { rows } = await database.db.query<{ taken: string }>(
      `SELECT state ->> 'takenBack' AS taken FROM gate_state WHERE migration = $1 AND gate NOT LIKE '(%'`,
      [key.migration],
    );
    expect(rows.map(({ taken }) => taken)).toEqual(['much', 'much', 'much']);
    await expect(readSplit(database.db, key)).resolves.toMatchObject({ epoch: 2, share: 10_000 });
  });

  it('is looked at, and its lease is renewed, while a source takes its time', async () => {
    void watch({ count: () => new Promise(() => undefined) });
    await database.db.query(`UPDATE split SET lease_until = clock_timestamp() + interval '20 s' WHERE migration = $1`, [
      key.migration,
    ]);
    await until('a renewal', async () => {
      const held = await readSplit(database.db, key);
      return (held?.leaseUntil?.getTime() ?? 0) > (await databaseNow(database.db)).getTime() + 50_000;
    });
    expect(await verdicts()).toEqual(['noData', 'noData', 'noData']);
  });

  it('wakes a person once it held for too long, with what the source is asked to mend', async () => {
    void watch(undefined);
    await moreLooks(2);
    await database.db.query(`UPDATE gate_evidence SET since = since - interval '2 h' WHERE migration = $1`, [
      key.migration,
    ]);
    await until('the pages', () => notices.length === 3);
    expect(notices[0]).toMatchObject({ kind: 'heldTooLong', message: expect.stringContaining('HANDOFF_SOURCES_FILE') });
  });
});
