import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { loadPlan } from '../../../domain/plan/load-plan';
import { resolveException } from '../../../store/exception-actions';
import { pauseUnits } from '../../../store/placements';
import { createSplit } from '../../../store/splits';
import { until } from '../../setup/until';
import { startTestApi, type TestApi } from '../api/running-api';
import { episodes, PAYMENT, PLAN_TEXT, startMigration } from './started-migration';

const LEASE = 60_000;
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

describe('an API process that remembers sides', () => {
  it('tells those who wait so from the moment that the rollback has moved on, and no longer than they wait (I1)', async () => {
    const { db } = api;
    const migration = await startMigration(db, { id: 'remembered' });
    const key = { migration, ...PAYMENT };
    const router = new PostgresTrafficRouter(db);
    await createSplit(db, { ...key, lease: LEASE });
    const common = { ...key, perDay: null, lease: LEASE };
    await router.write({ ...common, expectedEpoch: 1, share: 100_000, mode: 'open', cause: 'raised' });
    const [unit = ''] = episodes(1, 77);
    const ask = async (): Promise<{ value: string; paused: boolean }> => {
      const { body } = await api
        .as('sandbox-stacks')
        .post(`/ofrep/v1/evaluate/flags/${migration}.payment`, { context: { targetingKey: unit, state: 'CO' } });
      const answer = body as { value: string; metadata: { paused?: true } };
      return { value: answer.value, paused: answer.metadata.paused === true };
    };
    for (let asked = 0; asked < 5; asked += 1) expect(await ask()).toEqual({ value: 'target', paused: false });

    const { epoch } = await router.write({
      ...common,
      ...{ expectedEpoch: 2, share: 0, mode: 'returning', cause: 'rollback' },
    });
    const waited = await pauseUnits(db, {
      ...{ ...key, unitKind: 'episode', milestones: [], reached: [null], epoch },
      queue: { id: 'payment-not-routed', owner: 'care-coordination', slaMs: 60_000 },
    });
    expect(waited).toBe(1);
    expect(await ask()).toEqual({ value: 'target', paused: true });
    await router.write({ ...common, expectedEpoch: epoch, share: 0, mode: 'open', cause: 'rollback' });
    expect(await ask()).toEqual({ value: 'target', paused: true });

    const { plan, hash } = loadPlan(PLAN_TEXT);
    const { rows } = await db.query<{ id: string }>('SELECT id FROM exception WHERE migration = $1', [migration]);
    const steps = plan.queues.find(({ id }) => id === 'payment-not-routed')?.path ?? [];
    await resolveException(
      db,
      {
        ...{ migration: { id: migration, planHash: hash, timeScale: 1 }, queues: plan.queues, actor: 'engineer-1' },
        exception: rows[0]?.id ?? '',
      },
      steps.map((_, index) => ({ step: index + 1, reference: `ticket-${index + 1}` })),
    );
    await until('it goes on', async () => !(await ask()).paused);
    expect(await ask()).toEqual({ value: 'target', paused: false });
  });
});
