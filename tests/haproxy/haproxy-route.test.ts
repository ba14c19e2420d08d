import { HaproxyRoute, type Stickiness } from '../../adapters/haproxy/haproxy-route';
import type { SplitKey } from '../../activities/traffic/traffic-router';
import { itBehavesLikeAnOutwardRoute } from '../integration/sides/outward-route-conformance';
import { runningOutwardRouter } from '../integration/sides/outward-traffic-router';
import { itBehavesLikeATrafficRouter } from '../integration/sides/traffic-router-conformance';
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
