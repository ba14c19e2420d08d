import { randomUUID } from 'node:crypto';
import type { SplitChange, SplitKey } from '../../../activities/traffic/traffic-router';
import { trafficActivities } from '../../../activities/traffic/traffic-activities';
import type { Notice } from '../../../activities/notify/notifier';
import { WebhookRoute } from '../../../adapters/webhook/webhook-route';
import { createLogger } from '../../../platform/logger';
import { readRoutes, readRouteStandings } from '../../../store/outward-routes';
import { createSplit, lowerAllOpenSplits, readLapse } from '../../../store/splits';
import { startRouteFollower } from '../../../worker/route-follower';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { type EdgeReceiver, startEdgeReceiver } from './edge-receiver';
import { itBehavesLikeAnOutwardRoute } from './outward-route-conformance';
import { outwardRouter, runningOutwardRouter } from './outward-traffic-router';
import { runOut, startMigration } from './started-migration';
import { itBehavesLikeATrafficRouter } from './traffic-router-conformance';

const SECRET = 'shared-by-both-ends';
const LEASE = 60_000;
/** Long enough that a busy machine is not taken for a silent edge. */
const PATIENT = 5_000;

function routeTo(edge: EdgeReceiver, timeout = PATIENT): WebhookRoute {
  return new WebhookRoute({ url: edge.url, secret: SECRET, timeout, clock: { now: () => new Date() } });
}

describe('a route by webhook', () => {
  itBehavesLikeAnOutwardRoute(async () => {
    const edge = await startEdgeReceiver(SECRET);
    return { another: () => routeTo(edge), restart: () => edge.restart(), stop: () => edge.stop() };
  });
});

describe('the traffic router over a webhook', () => {
  itBehavesLikeATrafficRouter(async () => {
    const edge = await startEdgeReceiver(SECRET);
    const cohorts = Array.from({ length: 40 }, (_, index) => `cohort-${index}`);
    return runningOutwardRouter(
      () => routeTo(edge),
      cohorts,
      () => edge.stop(),
    );
  });
});

describe('a split that an edge system follows', () => {
  let database: TestDatabase;
  let edge: EdgeReceiver;
  let key: SplitKey;
  let cohorts = 0;
  let patience = PATIENT;
  const told: Notice[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    await startMigration(database.db);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    told.length = 0;
    patience = PATIENT;
    edge = await startEdgeReceiver(SECRET);
    key = { migration: 'payment-2026', phase: 'payment', cohort: `cohort-${(cohorts += 1)}` };
    await createSplit(database.db, { ...key, lease: LEASE });
  });
  afterEach(() => edge.stop());

  const parts = (giveUpAfter?: number) => outwardRouter(database.db, () => routeTo(edge, patience), giveUpAfter);
  const activities = (giveUpAfter?: number) =>
    trafficActivities({
      clock: () => Promise.resolve(new Date()),
      router: parts(giveUpAfter).router,
      createSplit: (split) => createSplit(database.db, split),
      lapsedFor: async (of, epoch) => (await readLapse(database.db, of, epoch))?.lapsedFor,
      command: () => randomUUID(),
    });
  const raise = (expectedEpoch: number, share: number): SplitChange => ({
    ...{ ...key, expectedEpoch, share, perDay: null, mode: 'open', lease: LEASE, cause: 'raised' },
  });
  const lowered = {
    share: 0,
    maxOpen: null,
    cause: 'rollback',
    returning: false,
    lease: LEASE,
    newAttempt: false,
  } as const;
  const follow = (giveUpAfter?: number) => {
    const { carrier } = parts(giveUpAfter);
    const notifier = {
      send: (notice: Notice): Promise<void> => {
        told.push(notice);
        return Promise.resolve();
      },
    };
    const logger = createLogger('worker', 'silent');
    return startRouteFollower({ db: database.db, carrier, notifier, logger, keys: [key], tick: 10 });
  };
  const outside = () => routeTo(edge).readBack({ ...key, epoch: 0, share: 0, returning: false, returnedEpoch: 0 });
  const standing = async () => (await readRouteStandings(database.db, [key]))[0];
  const routes = async () =>
    (await readRoutes(database.db, key.migration)).routes.filter(({ cohort }) => cohort === key.cohort);
  const undelivered = async () => {
    const { rows } = await database.db.query<{ epoch: number; problem: string; settled: string | null }>(
      'SELECT epoch::float8 AS epoch, problem, settled_by AS settled FROM undelivered_route WHERE cohort = $1 ORDER BY epoch',
      [key.cohort],
    );
    return rows;
  };

  it('tells the edge migration, phase, cohort, epoch and share, signed, with a key by which a repetition is known', async () => {
    await parts().router.write(raise(1, 12_500));
    expect(edge.posted).toEqual([
      { ...key, epoch: 2, share: 12.5, returning: false, key: `payment-2026/payment/${key.cohort}/2` },
    ]);
    expect(edge.unsigned).toBe(0);
  });

  it('writes in Postgres first, and calls a raise done only when it was read back outside', async () => {
    edge.trouble('ignores');
    await expect(parts().router.write(raise(1, 25_000))).rejects.toMatchObject({
      code: 'traffic-mismatch',
      retryable: true,
      message: expect.stringContaining('(differs)') as string,
    });
    await expect(parts().router.readBack(key)).resolves.toMatchObject({ epoch: 2, outside: { confirmed: false } });
    edge.trouble(undefined);
    await expect(parts().router.write(raise(1, 25_000))).resolves.toMatchObject({
      epoch: 2,
      outside: { confirmed: true },
    });
    await expect(outside()).resolves.toEqual([{ epoch: 2, share: 25_000, returning: false }]);
  });

  it('tries again where an answer was lost, with the same key, and changes nothing twice', async () => {
    edge.trouble('losesAnswers');
    await expect(parts().router.write(raise(1, 25_000))).rejects.toMatchObject({
      message: expect.stringContaining('(away)'),
    });
    expect(edge.posted.length).toBeGreaterThan(1);
    expect(new Set(edge.posted.map((posted) => JSON.stringify(posted))).size).toBe(1);
    edge.trouble(undefined);
    await expect(parts().router.write(raise(1, 25_000))).resolves.toMatchObject({
      epoch: 2,
      outside: { confirmed: true },
    });
  });

  it.each([
    ['away', { answers: 503 }],
    ['refused', { answers: 403 }],
    ['away', 'silent'],
  ] as const)(
    'lowers in Postgres although the edge is %s (%j), and is not done before the edge is lowered',
    async (problem, trouble) => {
      await parts().router.write(raise(1, 25_000));
      edge.trouble(trouble);
      if (trouble === 'silent') patience = 200;
      const lower = () => activities().lowerTraffic({ ...key, ...lowered });
      await expect(lower()).rejects.toMatchObject({ message: expect.stringContaining(`(${problem})`) });
      await expect(parts().router.readBack(key)).resolves.toMatchObject({ epoch: 3, share: 0 });
      // However often it is tried, it is one change of the split.
      await expect(lower()).rejects.toThrow();
      edge.trouble(undefined);
      patience = PATIENT;
      await expect(lower()).resolves.toEqual({ epoch: 3, share: 0 });
      await expect(outside()).resolves.toEqual([{ epoch: 3, share: 0, returning: false }]);
      await expect(lower()).resolves.toEqual({ epoch: 4, share: 0 });
    },
  );

  it('carries outside what fell without anybody writing there: a stop of everything, and a lapse of control (I4)', async () => {
    const following = follow();
    await parts().router.write(raise(1, 25_000));
    await lowerAllOpenSplits(database.db, { cause: 'stopped', actor: 'engineer-1' });
    await until(
      'the stop is outside',
      async () => (await outside())[0]?.epoch === 3 && (await outside())[0]?.share === 0,
    );
    await parts().router.write(raise(3, 25_000));
    await runOut(database.db, key);
    // The lease is over: that the fallback is not written down yet makes no difference to arrivals.
    await until('the lapse is outside', async () => (await outside())[0]?.share === 0);
    await following.stop();
  });

  it('puts right what somebody raised there by hand, and writes that down', async () => {
    await parts().router.write(raise(1, 25_000));
    edge.tamper(key, 80);
    const following = follow();
    await until('it is put right', async () => (await outside())[0]?.share === 25_000);
    await following.stop();
    const { rows } = await database.db.query<{ actor: string; evidence: unknown }>(
      `SELECT actor, evidence FROM audit WHERE action = 'route.mended' AND cohort = $1`,
      [key.cohort],
    );
    expect(rows).toEqual([
      {
        actor: 'system:routes',
        evidence: { epoch: 2, share: 25_000, found: [{ epoch: 2, share: 80_000, returning: false }] },
      },
    ]);
  });

  it('does not raise again what somebody lowered there by hand: a person is told instead (I3)', async () => {
    await parts().router.write(raise(1, 25_000));
    edge.tamper(key, 0);
    const following = follow(0);
    await until('a person is told', () => told.length > 0);
    await following.stop();
    expect(told[0]).toMatchObject({ ...key, kind: 'routeUndelivered', urgency: 'page' });
    expect(told[0]?.message).toContain('loweredOutside');
    await expect(outside()).resolves.toEqual([{ epoch: 2, share: 0, returning: false }]);
  });

  it('keeps what it could not deliver, pages once, and settles it when it is delivered after all', async () => {
    await parts().router.write(raise(1, 25_000));
    edge.trouble({ answers: 503 });
    await expect(activities(0).lowerTraffic({ ...key, ...lowered })).rejects.toThrow();
    const following = follow(0);
    await until('a person is told', () => told.length > 0);
    await until('it was tried more often', async () => ((await routes())[0]?.attempts ?? 0) > 2);
    expect(new Set(told.map(({ onceKey }) => onceKey)).size).toBe(1);
    await expect(undelivered()).resolves.toEqual([{ epoch: 3, problem: 'away', settled: null }]);
    await expect(standing()).resolves.toMatchObject({ problem: 'away', undelivered: true, confirmedEpoch: 2 });
    edge.trouble(undefined);
    await until('it is delivered', async () => (await undelivered())[0]?.settled === 'delivered');
    await following.stop();
    await expect(outside()).resolves.toEqual([{ epoch: 3, share: 0, returning: false }]);
    await expect(standing()).resolves.toMatchObject({ problem: null, undelivered: false, confirmedEpoch: 3 });
  });

  it('tells again what the edge forgot in a restart, up to the share in force, and nothing once the lease is over', async () => {
    await parts().router.write(raise(1, 25_000));
    await edge.restart({ losing: true });
    const following = follow();
    await until('it is told again', async () => (await outside())[0]?.share === 25_000);
    await runOut(database.db, key);
    await edge.restart({ losing: true });
    await until('it is told zero', async () =>
      (await outside()).every(({ epoch, share }) => epoch === 2 && share === 0),
    );
    await following.stop();
  });

  it('neither changes nor believes an edge that holds a later epoch than there is', async () => {
    await parts().router.write(raise(1, 25_000));
    await routeTo(edge).apply({ ...key, epoch: 9, share: 0, returning: false, returnedEpoch: 0 });
    await expect(parts().router.write(raise(2, 50_000))).rejects.toMatchObject({
      message: expect.stringContaining('(laterEpoch)') as string,
    });
    await expect(outside()).resolves.toEqual([{ epoch: 9, share: 0, returning: false }]);
  });

  it('lets one carrier at a time speak to the edge, and the latest epoch have the last word', async () => {
    await parts().router.write(raise(1, 25_000));
    const writers = [1_000, 2_000, 3_000].map((share) => parts().router.write(raise(2, share)));
    const lowering = activities().lowerTraffic({ ...key, ...lowered });
    await Promise.allSettled([...writers, lowering]);
    await expect(lowering).resolves.toMatchObject({ share: 0 });
    const [held] = await outside();
    expect(held).toMatchObject({ share: 0, epoch: (await lowering).epoch });
    const epochs = edge.posted.map(({ epoch }) => epoch);
    expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
  });

  it('says in no error where the edge is, what it answered, or the secret', async () => {
    edge.trouble({ answers: 503 });
    const failure = (await parts()
      .router.write(raise(1, 25_000))
      .catch((error: unknown) => error)) as Error;
    expect(JSON.stringify([failure.message, failure.stack, failure.cause])).not.toMatch(
      /127\.0\.0\.1:|in-the-url|shared-by-both/,
    );
  });
});
