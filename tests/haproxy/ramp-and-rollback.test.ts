import { randomUUID } from 'node:crypto';
import { HaproxyRoute, type Stickiness } from '../../adapters/haproxy/haproxy-route';
import type { LowerTraffic, PhaseActivities } from '../../activities/phase-activities';
import type { RouteCarrier } from '../../activities/traffic/route-carrier';
import { trafficActivities } from '../../activities/traffic/traffic-activities';
import type { TrafficRouter } from '../../activities/traffic/traffic-router';
import { createLogger } from '../../platform/logger';
import { createSplit, readLapse } from '../../store/splits';
import type { Repeating } from '../../worker/repeat-until-stopped';
import { startRouteFollower } from '../../worker/route-follower';
import { outwardRouter } from '../integration/sides/outward-traffic-router';
import { PAYMENT, startMigration } from '../integration/sides/started-migration';
import { createTestDatabase, type TestDatabase } from '../setup/test-database';
import { until } from '../setup/until';
import { type Arrivals, arrivalsAt, type Client, CONNECTIONS } from './arrivals';
import { type RunningHaproxy, startHaproxy } from './running-haproxy';

const LEASE = 600_000;
/** In buckets. */
const PERCENT = 1_000;
/** Clients of each step whose side is looked at again after every later one. */
const KEPT = 150;
/** Standard deviations of a binomial count: a true share is outside of them once in 150,000 looks. */
const SIGMAS = 4.5;

const KINDS: { stickiness: Stickiness; scale: number }[] = [
  { stickiness: { kind: 'dynamicCookie' }, scale: 1 },
  { stickiness: { kind: 'stickTable', table: 'payment' }, scale: 0.25 },
];

describe.each(KINDS)(
  'a ramp and a rollback through a real HAProxy, sticky by $stickiness.kind',
  ({ stickiness, scale }) => {
    let database: TestDatabase;
    let haproxy: RunningHaproxy;
    let arrivals: Arrivals;
    let traffic: Pick<PhaseActivities, 'openSplit' | 'shiftTraffic' | 'lowerTraffic'>;
    let router: TrafficRouter;
    let carrier: RouteCarrier;
    let follower: Repeating;
    let route: HaproxyRoute;
    const key = { migration: 'payment-2026', ...PAYMENT };
    const kept: Client[] = [];
    let epoch = 0;
    let requests = 0;
    let reloaded = 0;

    beforeAll(async () => {
      database = await createTestDatabase();
      const { db } = database;
      await startMigration(db);
      haproxy = await startHaproxy([{ name: 'payment', stickiness: stickiness.kind }]);
      arrivals = arrivalsAt(haproxy.url('payment'));
      const options = { backend: 'payment', legacy: 'legacy', target: 'target', stickiness, timeout: 5_000 };
      route = new HaproxyRoute({ instances: [haproxy.socket], ...options });
      ({ router, carrier } = outwardRouter(db, () => route));
      traffic = trafficActivities({
        clock: () => Promise.resolve(new Date()),
        router,
        createSplit: (split) => createSplit(db, split),
        lapsedFor: async (of, at) => (await readLapse(db, of, at))?.lapsedFor,
        command: () => randomUUID(),
      });
      const logger = createLogger('worker', 'silent');
      const notifier = { send: () => Promise.resolve() };
      follower = startRouteFollower({ ...{ db, carrier, logger, notifier }, keys: [key], tick: 20 });
      ({ epoch } = await traffic.openSplit({ ...key, lease: LEASE }));
    });
    afterAll(async () => {
      await follower.stop();
      await arrivals.stop();
      await haproxy.stop();
      await database.drop();
    });

    async function shiftTo(percent: number): Promise<void> {
      const step = { share: percent * PERCENT, perDay: null, maxOpen: null, lease: LEASE, newAttempt: false };
      ({ epoch } = await traffic.shiftTraffic({ ...key, expectedEpoch: epoch, ...step }));
    }

    async function lower(other: Partial<LowerTraffic> = {}): Promise<void> {
      const all = {
        share: 0,
        maxOpen: null,
        cause: 'rollback',
        returning: false,
        lease: LEASE,
        newAttempt: false,
      } as const;
      ({ epoch } = await traffic.lowerTraffic({ ...key, ...all, ...other }));
    }

    /** New clients, as many of them on target as the share says; some of each are kept. */
    async function expectShare(percent: number, wanted: number): Promise<void> {
      const count = Math.round(wanted * scale);
      const clients = await arrivals.arrive(count);
      requests += count;
      const target = clients.filter(({ side }) => side === 'target').length;
      const p = percent / 100;
      expect(Math.abs(target - count * p)).toBeLessThanOrEqual(SIGMAS * Math.sqrt(count * p * (1 - p)));
      kept.push(...clients.slice(0, KEPT), ...clients.filter(({ side }) => side === 'target').slice(-KEPT));
    }

    async function expectEverybodyStays(): Promise<void> {
      expect(await arrivals.askAgain(kept)).toEqual(kept.map(({ side }) => side));
      requests += kept.length;
    }

    async function expectReadBack(share: number, returning = false): Promise<void> {
      const asked = { ...key, epoch, share, returning, returnedEpoch: 0 };
      await expect(route.readBack(asked)).resolves.toEqual([{ epoch, share, returning }]);
    }

    /** Until a worker has put right what a restart or a reload left. */
    async function putRight(share: number): Promise<void> {
      const asked = { ...key, epoch, share, returning: false, returnedEpoch: 0 };
      await until('it is put right', async () => {
        const [held] = await route.readBack(asked);
        return held?.epoch === epoch && held.share === share;
      });
    }

    const mends = async (): Promise<number> => {
      const { rows } = await database.db.query<{ count: number }>(
        `SELECT count(*)::integer AS count FROM audit WHERE action = 'route.mended'`,
      );
      return rows[0]?.count ?? 0;
    };

    it('sends nobody to target before the first step', async () => {
      await expectShare(0, 2_000);
    });

    it.each([5, 10, 25, 50])(
      'gives target %i% of those who arrive, within sampling error, and moves nobody who is there (I1)',
      async (percent) => {
        // While people arrive, as always.
        const [during] = await Promise.all([arrivals.arrive(Math.round(1_000 * scale)), shiftTo(percent)]);
        requests += during.length;
        await expectReadBack(percent * PERCENT);
        await expectShare(percent, 15_000);
        await expectEverybodyStays();
      },
    );

    it('sends nobody new to target once a rollback has been answered, and leaves those there who are to finish (I2)', async () => {
      await Promise.all([arrivals.arrive(Math.round(1_000 * scale)), lower()]);
      await expectReadBack(0);
      await expectShare(0, 10_000);
      await expectEverybodyStays();
    });

    it('goes on after a reload in the middle, which put the weights of the file in force', async () => {
      await shiftTo(10);
      const before = await mends();
      const count = Math.round(4_000 * scale);
      const closed = arrivals.closedUnanswered();
      const [during] = await Promise.all([arrivals.arrive(count), haproxy.reload()]);
      // The old process closes each connection once.
      reloaded = arrivals.closedUnanswered() - closed;
      expect(reloaded).toBeLessThanOrEqual(CONNECTIONS);
      requests += during.length;
      await putRight(10 * PERCENT);
      await until('it is written down', async () => (await mends()) === before + 1);
      // Never more than the share: until it was put right nobody went to target.
      const target = during.filter(({ side }) => side === 'target').length;
      expect(target).toBeLessThanOrEqual(count * 0.1 + SIGMAS * Math.sqrt(count * 0.1 * 0.9));
      await expectShare(10, 8_000);
      if (stickiness.kind === 'dynamicCookie') await expectEverybodyStays();
    });

    it('goes on after HAProxy was killed and came back', async () => {
      const before = await mends();
      await haproxy.kill();
      await expect(router.readBack(key)).resolves.toMatchObject({ share: 10 * PERCENT });
      await haproxy.start();
      await putRight(10 * PERCENT);
      await until('it is written down', async () => (await mends()) === before + 1);
      await expectShare(10, 8_000);
      if (stickiness.kind === 'dynamicCookie') await expectEverybodyStays();
    });

    it('lowers Postgres while HAProxy is away, and is done with the rollback when HAProxy is back at zero', async () => {
      await haproxy.kill();
      await expect(lower()).rejects.toMatchObject({ code: 'traffic-mismatch' });
      await expect(router.readBack(key)).resolves.toMatchObject({ epoch: epoch + 1, share: 0 });
      await haproxy.start();
      await lower();
      await expectReadBack(0);
      await expectShare(0, 2_000);
    });

    it('sends everybody back who is to be brought back, also those who ask only long after (bringBack)', async () => {
      await shiftTo(25);
      await expectShare(25, 4_000);
      const onTarget = kept
        .splice(0)
        .filter(({ side }) => side === 'target')
        .slice(-KEPT);
      const [asking, sleeping] = [onTarget.slice(0, KEPT / 2), onTarget.slice(KEPT / 2)];
      expect(new Set(await arrivals.askAgain(asking))).toEqual(new Set(['target']));

      await lower({ returning: true });
      await expectReadBack(0, true);
      expect(new Set(await arrivals.askAgain(asking))).toEqual(new Set(['legacy']));

      const reopened = { share: 0, perDay: null, mode: 'open', lease: LEASE, cause: 'rollback' } as const;
      ({ epoch } = await router.write({ ...key, expectedEpoch: epoch, ...reopened }));
      await expectReadBack(0);
      expect(new Set(await arrivals.askAgain([...asking, ...sleeping]))).toEqual(new Set(['legacy']));

      await shiftTo(50);
      expect(new Set(await arrivals.askAgain([...asking, ...sleeping]))).toEqual(new Set(['legacy']));
    });

    it('was asked often enough for that to mean something', () => {
      expect(requests).toBeGreaterThanOrEqual(100_000 * scale);
    });

    it('was answered each time, but for connections that a reload closed', () => {
      expect(arrivals.closedUnanswered()).toBe(reloaded);
    });
  },
);
