import { createHash } from 'node:crypto';
import { HaproxyRoute, type Stickiness } from '../../adapters/haproxy/haproxy-route';
import type { SplitKey } from '../../activities/traffic/traffic-router';
import { createSplit } from '../../store/splits';
import { itBehavesLikeAnOutwardRoute } from '../integration/sides/outward-route-conformance';
import { outwardRouter, runningOutwardRouter } from '../integration/sides/outward-traffic-router';
import { startMigration } from '../integration/sides/started-migration';
import { itBehavesLikeATrafficRouter } from '../integration/sides/traffic-router-conformance';
import { createTestDatabase, type TestDatabase } from '../setup/test-database';
import { startHaproxy, type RunningHaproxy } from './running-haproxy';

const KINDS: Stickiness[] = [{ kind: 'cookie' }, { kind: 'dynamicCookie' }, { kind: 'stickTable', table: 'payment' }];

function routeThrough(haproxy: RunningHaproxy, backend: string, stickiness: Stickiness): HaproxyRoute {
  return new HaproxyRoute({
    instances: [haproxy.socket],
    backend,
    legacy: 'legacy',
    target: 'target',
    stickiness,
    timeout: 5_000,
  });
}

describe.each(KINDS)('a route through a real HAProxy, sticky by $kind', (stickiness) => {
  itBehavesLikeAnOutwardRoute(async () => {
    const haproxy = await startHaproxy([{ name: 'payment', stickiness: stickiness.kind }]);
    return {
      another: () => routeThrough(haproxy, 'payment', stickiness),
      restart: async () => {
        await haproxy.kill();
        await haproxy.start();
      },
      stop: () => haproxy.stop(),
    };
  });
});

describe('the traffic router over a real HAProxy', () => {
  itBehavesLikeATrafficRouter(async () => {
    const cohorts = Array.from({ length: 40 }, (_, index) => `cohort-${index}`);
    const haproxy = await startHaproxy(cohorts.map((name) => ({ name, stickiness: 'cookie' as const })));
    const find = ({ cohort }: SplitKey) =>
      cohorts.includes(cohort) ? routeThrough(haproxy, cohort, { kind: 'cookie' }) : undefined;
    return runningOutwardRouter(find, cohorts, () => haproxy.stop());
  });
});

describe('a cohort that two HAProxys route', () => {
  const key = { migration: 'payment-2026', phase: 'payment', cohort: 'pilot-states' };
  const write = { ...key, perDay: null, mode: 'open', lease: 60_000 } as const;
  let database: TestDatabase;
  let haproxys: [RunningHaproxy, RunningHaproxy];
  beforeEach(async () => {
    database = await createTestDatabase();
    await startMigration(database.db);
    await createSplit(database.db, { ...key, lease: 60_000 });
    const start = (): Promise<RunningHaproxy> => startHaproxy([{ name: 'payment', stickiness: 'cookie' }]);
    haproxys = [await start(), await start()];
  });
  afterEach(async () => {
    for (const haproxy of haproxys) await haproxy.stop();
    await database.drop();
  });
  const through = (instances: readonly RunningHaproxy[]): HaproxyRoute =>
    new HaproxyRoute({
      instances: instances.map(({ socket }) => socket),
      ...{ backend: 'payment', legacy: 'legacy', target: 'target', stickiness: { kind: 'cookie' }, timeout: 5_000 },
    });
  const parts = () => outwardRouter(database.db, () => through(haproxys));
  const heldBy = (haproxy: RunningHaproxy) =>
    through([haproxy]).readBack({ ...key, epoch: 0, share: 0, returning: false, returnedEpoch: 0 });

  it('is lowered at the one that can be reached while the other is away: a rollback waits for no machine that is down', async () => {
    const { router, carrier } = parts();
    const raised = await router.write({ ...write, expectedEpoch: 1, share: 25_000, cause: 'raised' });
    const [one, other] = haproxys;
    await one.kill();
    const lowering = { ...write, expectedEpoch: raised.epoch, share: 0, cause: 'rollback' } as const;
    await expect(router.write(lowering)).rejects.toMatchObject({ code: 'traffic-mismatch' });
    await expect(heldBy(other)).resolves.toMatchObject([{ epoch: raised.epoch + 1, share: 0 }]);
    await one.start();
    await expect(carrier.carry(key)).resolves.toMatchObject({ kind: 'carried', epoch: raised.epoch + 1, share: 0 });
  });

  it('is lowered at the one that takes too many, although somebody lowered the other by hand, which stays so', async () => {
    const { router, carrier } = parts();
    await router.write({ ...write, expectedEpoch: 1, share: 25_000, cause: 'raised' });
    const [one, other] = haproxys;
    await one.command('set server payment/target weight 1');
    await other.command('set server payment/target weight 256');
    await expect(carrier.carry(key)).resolves.toMatchObject({ kind: 'differs', problem: 'loweredOutside' });
    await expect(heldBy(other)).resolves.toMatchObject([{ share: 25_000 }]);
    const [left] = await heldBy(one);
    expect(left?.share).toBeLessThan(1_000);
  });
});

describe('a route through a real HAProxy', () => {
  let haproxy: RunningHaproxy;
  beforeAll(async () => {
    haproxy = await startHaproxy([{ name: 'payment', stickiness: 'cookie' }]);
  });
  afterAll(() => haproxy.stop());
  const wanted = (epoch: number, share: number) => ({
    ...{ migration: 'spring-move', phase: 'payment', cohort: 'everyone' },
    ...{ epoch, share, returning: false, returnedEpoch: 0 },
  });
  const route = (): HaproxyRoute => routeThrough(haproxy, 'payment', { kind: 'cookie' });

  it('says what arrivals really get: nobody goes to a target that drains, everybody where legacy is away', async () => {
    await route().apply(wanted(2, 25_000));
    await haproxy.command('set server payment/target state drain');
    await expect(route().readBack(wanted(2, 25_000))).resolves.toEqual([{ epoch: 2, share: 0, returning: false }]);
    await haproxy.command('set server payment/target state ready', 'set server payment/legacy state maint');
    await expect(route().readBack(wanted(2, 25_000))).resolves.toEqual([
      { epoch: 2, share: 100_000, returning: false },
    ]);
    await haproxy.command('set server payment/legacy state ready');
    await expect(route().readBack(wanted(2, 25_000))).resolves.toEqual([{ epoch: 2, share: 25_000, returning: false }]);
  });

  it('does not end a draining that somebody began by hand, not even with a later epoch', async () => {
    await haproxy.command('set server payment/target state drain');
    await route().apply(wanted(3, 50_000));
    await expect(route().readBack(wanted(3, 50_000))).resolves.toEqual([{ epoch: 3, share: 0, returning: false }]);
    await haproxy.command('set server payment/target state ready');
  });

  it('lets no cookie of before people were brought back hold, also where HAProxy was restarted just before it is told (bringBack)', async () => {
    const sticky = await startHaproxy([{ name: 'payment', stickiness: 'dynamicCookie' }]);
    try {
      const dynamic = routeThrough(sticky, 'payment', { kind: 'dynamicCookie' });
      await dynamic.apply(wanted(2, 100_000));
      const cookie = (await fetch(sticky.url('payment'))).headers.get('set-cookie')?.split(';')[0] ?? '';
      const isHeldBy = async (): Promise<boolean> =>
        (await fetch(sticky.url('payment'), { headers: { cookie } })).headers.get('set-cookie') === null;
      expect(await isHeldBy()).toBe(true);
      await dynamic.apply({ ...wanted(3, 0), returning: true, returnedEpoch: 3 });
      await dynamic.apply({ ...wanted(4, 0), returnedEpoch: 3 });
      const name = createHash('sha256').update('spring-move/payment/everyone/').digest('hex').slice(0, 16);
      await sticky.kill();
      await sticky.start();
      // What was read of it before the restart, as whoever tells it next still has it.
      await sticky.command('experimental-mode on', `set var proc.handoff_${name} str(4/3/open)`);
      await dynamic.apply({ ...wanted(5, 25_000), returnedEpoch: 3 });
      expect(await isHeldBy()).toBe(false);
    } finally {
      await sticky.stop();
    }
  });

  it('keeps two cohorts in one HAProxy apart, weights and epochs', async () => {
    const two = await startHaproxy([
      { name: 'pilot', stickiness: 'cookie' },
      { name: 'others', stickiness: 'cookie' },
    ]);
    try {
      const [pilot, others] = ['pilot', 'others'].map((name) => routeThrough(two, name, { kind: 'cookie' }));
      await pilot?.apply({ ...wanted(7, 25_000), cohort: 'pilot' });
      await others?.apply({ ...wanted(3, 0), cohort: 'others' });
      await expect(pilot?.readBack({ ...wanted(7, 0), cohort: 'pilot' })).resolves.toMatchObject([
        { epoch: 7, share: 25_000 },
      ]);
      await expect(others?.readBack({ ...wanted(3, 0), cohort: 'others' })).resolves.toMatchObject([
        { epoch: 3, share: 0 },
      ]);
    } finally {
      await two.stop();
    }
  });

  it('names a backend that is not there as a refusal, and a socket that nobody answers as away', async () => {
    await expect(routeThrough(haproxy, 'no-such', { kind: 'cookie' }).readBack(wanted(2, 0))).rejects.toMatchObject({
      code: 'route-refused',
    });
    const away = new HaproxyRoute({
      instances: [{ path: '/nowhere/admin.sock' }],
      ...{ backend: 'payment', legacy: 'legacy', target: 'target', stickiness: { kind: 'cookie' } },
    });
    await expect(away.readBack(wanted(2, 0))).rejects.toMatchObject({ code: 'route-away' });
  });
});
