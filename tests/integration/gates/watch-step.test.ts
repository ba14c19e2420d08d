import { MockActivityEnvironment } from '@temporalio/testing';
import { readSource } from '../../../activities/gates/read-gates';
import type { WatchFailure } from '../../../activities/gates/watch-failure';
import { watchActivities, type WatchOptions } from '../../../activities/gates/watch-step';
import type { MetricReading } from '../../../activities/gates/metric-source';
import { NotDelivered } from '../../../activities/notify/not-delivered';
import type { Notice } from '../../../activities/notify/notifier';
import type { WatchStep } from '../../../activities/phase-activities';
import { PlanReader } from '../../../activities/plan-reader';
import type { HeldRoute, OutwardRoute } from '../../../activities/traffic/outward-route';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { loadPlan } from '../../../domain/plan/load-plan';
import { RouteAway } from '../../../domain/sides/route-failures';
import { databaseNow } from '../../../store/database-clock';
import { createSplit, lapseExpiredSplits, readLapse, readSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { outwardRouter } from '../sides/outward-traffic-router';
import { PAYMENT, PLAN_TEXT, startMigration } from '../sides/started-migration';

/** Of the fixture plan. */
const LEASE = 60_000;
const HOUR = 3_600_000;

let database: TestDatabase;
let key: { migration: string; phase: string; cohort: string };
let started = 0;
let looks: number;
let failures: WatchFailure[];
let notices: Notice[];
let running: { environment: MockActivityEnvironment; ended: Promise<unknown> }[];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  key = { migration: await startMigration(database.db, { id: `watched-${(started += 1)}` }), ...PAYMENT };
  await createSplit(database.db, { ...key, lease: LEASE });
  await new PostgresTrafficRouter(database.db).write({
    ...{ ...key, expectedEpoch: 1, share: 10_000, perDay: null, mode: 'open', lease: LEASE, cause: 'raised' },
  });
  looks = 0;
  failures = [];
  notices = [];
  running = [];
});
afterEach(async () => {
  for (const { environment } of running) environment.cancel();
  await Promise.all(running.map(({ ended }) => ended));
});

const noData: MetricReading = { kind: 'noData', message: 'nothing ended yet.' };
const sourceError: MetricReading = { kind: 'sourceError', message: 'the source is away.' };
const one = { kept: 1, missed: 0, released: 0 };
const both = { attempt: one, epoch: one };
const tooFew: MetricReading = { kind: 'reading', reading: { target: both, legacy: both, newestAt: null } };

/** Begins to watch; each test says only what it is about. Ends when the test does. */
function watch(
  options: Partial<Pick<WatchOptions, 'control' | 'tell' | 'router'>> & { reading?: MetricReading },
  step: Partial<WatchStep> = {},
): Promise<unknown> {
  const { db } = database;
  const environment = new MockActivityEnvironment();
  const source = { read: () => Promise.resolve(options.reading ?? noData) };
  const activities = watchActivities({
    ...{ db, router: options.router ?? new PostgresTrafficRouter(db), plans: new PlanReader(db), tick: 5 },
    readGates: (gates) => Promise.all(gates.map((one) => readSource(source, one))),
    control: options.control ?? { provenAt: () => new Date(8.64e15) },
    tell:
      options.tell ??
      ((notice) => {
        notices.push(notice);
        return Promise.resolve();
      }),
    lapsedFor: async (of, epoch) => (await readLapse(db, of, epoch))?.lapsedFor,
    recordLapses: () => lapseExpiredSplits(db),
    stopping: new AbortController().signal,
    onLook: () => (looks += 1),
    onFailure: (failure) => failures.push(failure),
  });
  const { hash } = loadPlan(PLAN_TEXT);
  const what: WatchStep = {
    ...{ ...key, planHash: hash, epoch: 2, attempt: 1, step: 0, watchMs: HOUR, until: 'stepDone', timeScale: 1 },
    ...step,
  };
  const ended = environment.run((of: WatchStep) => activities.watchStep(of), what).catch((error: unknown) => error);
  running.push({ environment, ended });
  return ended;
}

async function leaseUntil(): Promise<number> {
  const held = await readSplit(database.db, key);
  if (held?.leaseUntil == null) throw new Error('There is no lease.');
  return held.leaseUntil.getTime();
}

/** As if the last renewal had left that much of the lease. */
async function leaseLeft(milliseconds: number): Promise<void> {
  await database.db.query(
    `UPDATE split SET lease_until = clock_timestamp() + $2 * interval '1 millisecond' WHERE migration = $1`,
    [key.migration, milliseconds],
  );
}

async function moreLooks(count = 4): Promise<void> {
  const enough = looks + count;
  await until(`${count} looks`, () => looks >= enough);
}

describe('I4 the lease of a step that is watched', () => {
  it('runs from now while Temporal answers', async () => {
    await leaseLeft(25_000);
    const before = (await databaseNow(database.db)).getTime();
    void watch({});
    await until('a renewal', async () => (await leaseUntil()) >= before + LEASE);
    expect(await leaseUntil()).toBeLessThanOrEqual((await databaseNow(database.db)).getTime() + LEASE);
  });

  it('runs on where nobody can count who arrived, as where that takes too long', async () => {
    await database.db.query('ALTER TABLE placement RENAME TO placement_away');
    try {
      await leaseLeft(25_000);
      const before = (await databaseNow(database.db)).getTime();
      void watch({ reading: tooFew });
      await until('a renewal', async () => (await leaseUntil()) >= before + LEASE);
      await moreLooks();
      expect(await Promise.race([running[0]?.ended, Promise.resolve('still watched')])).toBe('still watched');
      expect(failures[0]).toMatchObject({ of: 'arrivals', cohorts: [key], error: { code: '42P01' } });
    } finally {
      await database.db.query('ALTER TABLE placement_away RENAME TO placement');
    }
  });

  it('never ends later than one lease after the last answer of Temporal, however alive Postgres is', async () => {
    await leaseLeft(25_000);
    const provenAt = new Date((await databaseNow(database.db)).getTime() - 20_000);
    void watch({ control: { provenAt: () => provenAt } });
    await until('a renewal', async () => (await leaseUntil()) === provenAt.getTime() + LEASE);
    await moreLooks();
    expect(await leaseUntil()).toBe(provenAt.getTime() + LEASE);
  });

  it.each([
    ['has not answered yet', () => Promise.resolve(undefined)],
    ['has been silent for a lease', async () => new Date((await databaseNow(database.db)).getTime() - LEASE)],
  ])('is not renewed while Temporal %s, and its end is the end of the watch', async (_, answered) => {
    const provenAt = await answered();
    await leaseLeft(25_000);
    const before = await leaseUntil();
    const ended = watch({ control: { provenAt: () => provenAt } });
    await moreLooks();
    expect(await leaseUntil()).toBe(before);
    await leaseLeft(-5);
    expect(await ended).toMatchObject({ kind: 'lapsed', share: 0, epoch: 3 });
  });
});

describe('a gate that cannot see', () => {
  /** As if the verdicts had stood for that long. */
  async function verdictsStandFor(milliseconds: number): Promise<void> {
    await moreLooks(2);
    await database.db.query(
      `UPDATE gate_evidence SET since = since - $2 * interval '1 millisecond' WHERE migration = $1`,
      [key.migration, milliseconds],
    );
  }

  it.each([
    ['noData', noData, 'stepDone'],
    ['noData', noData, 'limitCrossed'],
    ['sourceError', sourceError, 'stepDone'],
    ['sourceError', sourceError, 'limitCrossed'],
  ] as const)('wakes a person past the hold of %s, long before the step is over', async (verdict, reading, mode) => {
    void watch({ reading }, { until: mode });
    await moreLooks();
    expect(notices).toEqual([]);
    await verdictsStandFor(2 * HOUR);
    // For how long a verdict has stood is read when it is written again, which is not at each look.
    await until('the pages', () => notices.length >= 3);
    expect(notices.map(({ onceKey, urgency }) => [onceKey, urgency])).toEqual(
      ['routing-floor', 'routing-against-legacy', 'messages-floor'].map((gate) => [
        `payment/pilot-states/held/1/0/${gate}/${verdict}`,
        'page',
      ]),
    );
  });

  it('is no matter for having seen too few where nothing waits for enough: people decide, and no time is watched', async () => {
    void watch({ reading: tooFew }, { until: 'limitCrossed' });
    await verdictsStandFor(25 * HOUR);
    await moreLooks();
    expect(notices).toEqual([]);
    const { rows } = await database.db.query(`SELECT watched_ms FROM watch WHERE migration = $1`, [key.migration]);
    expect(rows).toEqual([]);
  });

  it('is no matter for having seen too few in time', async () => {
    void watch({ reading: tooFew }, { until: 'stepDone' });
    await verdictsStandFor(25 * HOUR);
    await moreLooks();
    expect(notices).toEqual([]);
    await database.db.query(`UPDATE watch SET watched_ms = $2 WHERE migration = $1`, [key.migration, HOUR]);
    await until('the pages', () => notices.length === 3);
    expect(notices.every(({ kind, onceKey }) => kind === 'heldTooLong' && onceKey.endsWith('/insufficient'))).toBe(
      true,
    );
  });

  it('goes on being watched and renewed where nobody can be told, and tells once it can', async () => {
    let refusals = 0;
    void watch({
      reading: sourceError,
      tell: (notice) => {
        if (notice.onceKey.includes('messages-floor')) return new Promise(() => undefined);
        if ((refusals += 1) <= 4) return Promise.reject(new NotDelivered('answered 503'));
        notices.push(notice);
        return Promise.resolve();
      },
    });
    await verdictsStandFor(HOUR);
    await until('the first refusal', () => refusals > 0);
    await leaseLeft(25_000);
    await until('a renewal', async () => (await leaseUntil()) > (await databaseNow(database.db)).getTime() + 30_000);
    await until('both pages', () => notices.length === 2);
    await moreLooks();
    expect(notices).toHaveLength(2);
  });
});

describe('a step whose cohort is routed outside', () => {
  /** Something that does what it is told while it is there. */
  class Edge implements OutwardRoute {
    readonly kind = 'edge';
    readonly sendsBack = 'all';
    readonly lookEvery = 1_000;
    away = false;
    private held: HeldRoute = { epoch: null, share: 0, returning: false };
    nearest = (share: number): number => share;
    apply = ({ epoch, share, returning }: HeldRoute & { epoch: number }): Promise<void> => {
      this.held = { epoch, share, returning };
      return Promise.resolve();
    };
    readBack = (): Promise<HeldRoute[]> =>
      this.away ? Promise.reject(new RouteAway('could not be reached')) : Promise.resolve([this.held]);
  }

  it('goes on being watched while a worker still tries, and ends for a person once it was given up', async () => {
    const edge = new Edge();
    const { router, carrier } = outwardRouter(database.db, () => edge);
    await carrier.carry(key);
    const ended = watch({ router });
    await moreLooks();
    edge.away = true;
    await expect(carrier.carry(key)).resolves.toMatchObject({ kind: 'differs', problem: 'away', givenUpAt: null });
    await moreLooks();
    await outwardRouter(database.db, () => edge, 0).carrier.carry(key);
    await expect(ended).resolves.toEqual({ kind: 'notRouted', epoch: 2, share: 10_000 });
  });
});

describe('a split that does not split as it says', () => {
  const arrived = (side: string, count: number): Promise<unknown> =>
    database.db.query(
      `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, placed_at)
       SELECT $1, $2, $3 || n, $4, $3, 2, clock_timestamp() - interval '10 minutes' FROM generate_series(1, $5) AS n`,
      [key.migration, key.phase, side, key.cohort, count],
    );
  const enough = { attempt: { ...one, kept: 100, missed: 0 }, epoch: { ...one, kept: 100, missed: 0 } };
  const passing: MetricReading = { kind: 'reading', reading: { target: enough, legacy: enough, newestAt: null } };

  beforeEach(async () => {
    await database.db.query(`UPDATE split SET changed_at = changed_at - interval '1 hour' WHERE migration = $1`, [
      key.migration,
    ]);
  });

  it('holds the step though every gate passes, and pages a person with how many went where', async () => {
    await arrived('target', 60);
    await arrived('legacy', 140);
    void watch({ reading: passing }, { watchMs: 0 });
    await until('the page', () => notices.some(({ kind }) => kind === 'splitSkewed'));
    expect(notices[0]?.message).toContain('60 of 200 who arrived went to target, where the split says 10%');
    await moreLooks();
    expect(await Promise.race([running[0]?.ended, Promise.resolve('still watched')])).toBe('still watched');
  });

  it('is none where arrivals are as they should be', async () => {
    await arrived('target', 20);
    await arrived('legacy', 180);
    await expect(watch({ reading: passing }, { watchMs: 0 })).resolves.toMatchObject({ kind: 'stepDone' });
  });
});
