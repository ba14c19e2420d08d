import { WebhookRoute } from '../../../adapters/webhook/webhook-route';
import type { RouteList } from '../../../domain/status/route-standing';
import { createSplit } from '../../../store/splits';
import { runCommand } from '../cli/run-command';
import { startEdgeReceiver, type EdgeReceiver } from '../sides/edge-receiver';
import { outwardRouter } from '../sides/outward-traffic-router';
import { OTHERS, PAYMENT, startMigration } from '../sides/started-migration';
import { NOWHERE, startTestApi, type TestApi } from './running-api';

const SECRET = 'shared-by-both-ends';

describe('routes outside as people see them', () => {
  let api: TestApi;
  let edge: EdgeReceiver;
  let migration: string;
  beforeEach(async () => {
    edge = await startEdgeReceiver(SECRET);
    // Temporal is away: whatever is answered here comes from Postgres.
    api = await startTestApi({ temporalAddress: NOWHERE });
    migration = await startMigration(api.db);
  });
  afterEach(async () => {
    await api.stop();
    await edge.stop();
  });

  const list = async (): Promise<RouteList> => {
    const { body } = await api.as('gate-automation').get(`/v1/migrations/${migration}/routes`).expect(200);
    return body as RouteList;
  };
  const routed = () => {
    const route = new WebhookRoute({ url: edge.url, secret: SECRET, clock: { now: () => new Date() } });
    return outwardRouter(api.db, ({ cohort }) => (cohort === PAYMENT.cohort ? route : undefined), 0).router;
  };
  const raise = (cohort: string) => ({
    ...{ migration, phase: 'payment', cohort, expectedEpoch: 1, share: 25_000, perDay: null },
    ...{ mode: 'open' as const, lease: 60_000, cause: 'raised' as const },
  });
  const command = () =>
    runCommand(['routes', '--migration', migration], { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens['engineer-1'] });

  it('shows none where stacks ask the API', async () => {
    await expect(list()).resolves.toEqual({ routes: [], undelivered: [] });
    expect((await command()).stdout).toContain('Nothing outside follows a split');
  });

  it('shows how far each has followed its split, and no other', async () => {
    for (const { cohort } of [PAYMENT, OTHERS]) {
      await createSplit(api.db, { migration, phase: 'payment', cohort, lease: 60_000 });
      await routed().write(raise(cohort));
    }
    const { routes, undelivered } = await list();
    expect(undelivered).toEqual([]);
    expect(routes).toEqual([
      {
        ...{ migration, ...PAYMENT, epoch: 2, share: 25_000, mode: 'open', confirmedEpoch: 2, problem: null },
        ...{ confirmedAt: expect.stringMatching(/Z$/), differsSince: null, attempts: 0, undelivered: false },
      },
    ]);
    expect((await command()).stdout).toMatch(/payment pilot-states +25% +2 +2 .*as it should be/);
  });

  it('shows what could not be carried there in time, and that it waits for a person', async () => {
    await createSplit(api.db, { migration, ...PAYMENT, lease: 60_000 });
    edge.trouble({ answers: 503 });
    await expect(routed().write(raise(PAYMENT.cohort))).rejects.toMatchObject({ code: 'traffic-mismatch' });
    await expect(list()).resolves.toMatchObject({
      routes: [{ epoch: 2, confirmedEpoch: 0, confirmedAt: null, problem: 'away', attempts: 1, undelivered: true }],
      undelivered: [
        { ...PAYMENT, epoch: 2, share: 25_000, problem: 'away', attempts: 1, settledBy: null, settledAt: null },
      ],
    });
    const { stdout } = await command();
    expect(stdout).toMatch(/payment pilot-states +25% +2 +0 +never +away, 1 times: WAITS FOR A PERSON/);
    expect(stdout).toMatch(/epoch 2 \(25%\): away, 1 times since .*; waits for a person/);
  });

  it('shows no route of a migration that there is not', async () => {
    await api.as('engineer-1').get('/v1/migrations/none/routes').expect(404);
  });
});
