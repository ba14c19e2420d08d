import type { StopAllAnswer } from '../../../api/stop-all/stop-all';
import { until } from '../../setup/until';
import { FollowedMigration } from './follow-migration';
import { startTestApi, type TestApi } from './running-api';
import { startTestWorker } from './test-worker';

const COHORTS = ['pilot-states', 'everyone-else'];

async function watched(api: TestApi, id: string): Promise<FollowedMigration> {
  const migration = await FollowedMigration.start(api, id);
  await migration.reaches('awaitingGoNoGo');
  await migration.says('release-manager-2', 'approve');
  await migration.says('clinical-lead-1', 'approve');
  await migration.reaches('watching');
  return migration;
}

async function stopAll(api: TestApi, reason: string): Promise<StopAllAnswer> {
  const answer = await api.as('support-lead-1').post('/v1/stop-all', { reason });
  expect(answer.status).toBe(200);
  return answer.body as StopAllAnswer;
}

async function shares(migration: FollowedMigration): Promise<(number | undefined)[]> {
  return Promise.all(COHORTS.map(async (cohort) => (await migration.cohort(cohort)).split?.share));
}

describe('stop-all', () => {
  it('brings every migration down, pauses each, and leaves them to people', async () => {
    const api = await startTestApi();
    const worker = await startTestWorker(api);
    try {
      const [one, other] = await Promise.all([watched(api, 'one'), watched(api, 'other')]);
      const answer = await stopAll(api, 'a doubt about everything');
      expect(answer.failed).toEqual([]);
      expect(answer.migrations.map(({ migration, outcome }) => [migration, outcome]).sort()).toEqual([
        ['one', 'paused'],
        ['other', 'paused'],
      ]);
      for (const migration of [one, other]) {
        expect(await shares(migration)).toEqual([0, 0]);
        await migration.reaches('paused');
        expect((await migration.status()).progress).toMatchObject({ status: 'paused', phase: 'payment' });
        const said = (await migration.audit()).filter(({ reason }) => reason === 'a doubt about everything');
        // I13: the stop, each split, the migration and each cohort, all by who asked for it.
        expect(new Set(said.map(({ action }) => action))).toEqual(
          new Set(['stopAll', 'split.stopped', 'migration.paused', 'paused']),
        );
        for (const entry of said) expect(entry).toMatchObject({ actor: 'support-lead-1', verified: true });
      }
      expect((await stopAll(api, 'once more')).lowered).toEqual([]);
      // A person lets one go on, as a whole and then its phase; the other stays where it is.
      expect((await api.as('release-manager-2').post('/v1/migrations/one/resume', {})).status).toBe(200);
      expect((await one.status()).held).toBeNull();
      await one.says('release-manager-2', 'resume');
      await one.reaches('watching');
      expect(await shares(other)).toEqual([0, 0]);
    } finally {
      await worker.stop();
      await api.stop();
    }
  }, 120_000);

  it('I3 works while every worker is away, and the watch that comes back never raises what it finds lowered', async () => {
    const api = await startTestApi();
    const first = await startTestWorker(api);
    try {
      const migration = await watched(api, 'stopped-without-workers');
      await first.stop();
      const answer = await stopAll(api, 'nobody looks');
      expect(answer.lowered.map(({ cohort }) => cohort).sort()).toEqual([...COHORTS].sort());
      expect(answer.migrations).toMatchObject([{ migration: 'stopped-without-workers', outcome: 'signalled' }]);
      expect(await shares(migration)).toEqual([0, 0]);
      const second = await startTestWorker(api);
      try {
        await migration.reaches('paused');
        await until('the migration to be held', async () =>
          (await migration.status()).progress?.status === 'paused' ? true : undefined,
        );
        const raised = (await migration.audit()).filter(
          ({ action }) => action === 'split.raised' || action === 'split.restored',
        );
        const stopped = (await migration.audit()).filter(({ action }) => action === 'split.stopped');
        expect(stopped).toHaveLength(2);
        expect(Math.max(...raised.map(({ id }) => id))).toBeLessThan(Math.min(...stopped.map(({ id }) => id)));
        expect(await shares(migration)).toEqual([0, 0]);
      } finally {
        await second.stop();
      }
    } finally {
      await api.stop();
    }
  }, 120_000);

  it('works while Temporal is away: Postgres has it, and the answer says who was not told', async () => {
    const api = await startTestApi();
    const worker = await startTestWorker(api);
    const cutOff = await startTestApi({ databaseUrl: api.databaseUrl, temporalAddress: '127.0.0.1:9' });
    try {
      const migration = await watched(api, 'cut-off');
      const answer = await stopAll(cutOff, 'nothing answers');
      expect(answer.migrations).toMatchObject([{ migration: 'cut-off', held: true, outcome: 'notTold' }]);
      expect(answer.unsure).toEqual([]);
      expect(answer.migrations[0]?.detail).toContain('Temporal');
      // A worker tells it by itself, in the name of who stopped it.
      await until('the migration to be told', async () => {
        const { progress, held } = await migration.status();
        return progress?.status === 'paused' && held?.told === true;
      });
      expect((await migration.status()).held).toMatchObject({ by: 'support-lead-1', reason: 'nothing answers' });
      await migration.reaches('paused');
      expect(await shares(migration)).toEqual([0, 0]);
    } finally {
      await worker.stop();
      await cutOff.stop();
      await api.stop();
    }
  }, 120_000);

  it('goes on past an audit log that cannot be written, and says so', async () => {
    const api = await startTestApi();
    const worker = await startTestWorker(api);
    try {
      const migration = await watched(api, 'unlogged');
      await api.db.query(`ALTER TABLE audit ADD CONSTRAINT no_stop CHECK (action <> 'stopAll') NOT VALID`);
      const answer = await stopAll(api, 'a doubt');
      expect(answer.unsure).toEqual(['audit']);
      expect(answer.migrations).toMatchObject([{ migration: 'unlogged', held: true, outcome: 'paused' }]);
      expect(await shares(migration)).toEqual([0, 0]);
    } finally {
      await worker.stop();
      await api.stop();
    }
  }, 120_000);

  it('is for those who may pause', async () => {
    const api = await startTestApi();
    try {
      const answer = await api.as('gate-automation').post('/v1/stop-all', {});
      expect([answer.status, (answer.body as { code: string }).code]).toEqual([403, 'role-missing']);
      const nothing = await api.as('engineer-1').post('/v1/stop-all', {});
      expect(nothing.body).toEqual({ lowered: [], failed: [], migrations: [], unsure: [] });
    } finally {
      await api.stop();
    }
  });
});
